"""`lab runs`: every run with its status and last metrics."""

import sys

from lab.commands.output import print_json
from lab.flags import add_json, parser


def main(arguments: list[str]) -> int:
    p = parser("runs", "[--json]")
    add_json(p)
    options = p.parse(arguments)
    from lab.paths import runs_folder
    from lab.stored_runs import survey

    known, note = survey()
    if note:
        print(note, file=sys.stderr)
    rows = []
    for run in known:
        status = run.status()
        rows.append(
            {
                "name": run.name, "path": str(run.path), "recipe": run.recipe.name, "subject": run.stored.get("subject"),
                "seed": run.stored["config"].get("seed"), "created": run.stored.get("created"), **status,
            }
        )  # fmt: skip
    if options.json:
        print_json(rows)
        return 0
    if not rows:
        print(f"No runs yet under {runs_folder()}. `lab train dqn-fast` makes one.")
        return 0
    for row in rows:
        done = f"{row.get('done', 0):,} {row.get('unit', '')}"
        metrics = {k.split("/")[-1]: v for k, v in (row.get("metrics") or {}).items() if v is not None}
        last = "  ".join(f"{k} {v:.4g}" for k, v in list(metrics.items())[:4])
        print(f"{row['name']:44} {row['status']:12} {done:>18}  {row.get('seconds', 0):7,.0f} s  {last}")
    return 0
