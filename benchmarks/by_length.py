"""What is lost over a distance: seq2seq by the length of its source, as a table in Markdown.

    python benchmarks/by_length.py attention     BLEU on nested clauses with each kind of attention
    python benchmarks/by_length.py recall        the copy task: exact answers in per cent with each cell
    python benchmarks/by_length.py adding        the adding task, likewise

Every network has the same preset, seed and number of steps; the last column is the processor's time of its training. On many cores each row is a process of its
own, into a folder from which the table is joined:

    for cell in rnn relu lstm gru; do python benchmarks/by_length.py recall --networks $cell --parts rows & done; wait
    python benchmarks/by_length.py recall --parts rows --join
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import lab

TABLES = {
    "attention": ("long sentences", "attention", ("none", "dot", "luong", "bahdanau"), "bleu"),
    "recall": ("copy task", "model", ("rnn", "relu", "lstm", "gru"), "exact"),
    "adding": ("adding task", "model", ("rnn", "relu", "lstm", "gru"), "exact"),
}
"""Preset, the setting that is varied, its values, and what is measured."""


@dataclass(frozen=True)
class Row:
    """One network: a figure for each group of sources, and the seconds of the processor that its training took."""

    network: str
    lengths: list[float]
    figures: list[float]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--networks", nargs="+", help="only these rows")
    parser.add_argument("--parts", type=Path, help="folder into which each row is written as it is done")
    parser.add_argument("--join", action="store_true", help="train nothing: the table of the rows in --parts")
    parser.add_argument("--groups", type=int, default=6, help="groups of sources, from short to long")
    parser.add_argument("--steps", type=int, help="other than the preset's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    networks = options.networks or TABLES[options.table][2]
    if wrong := set(networks) - set(TABLES[options.table][2]):
        parser.error(f"--networks must be of {', '.join(TABLES[options.table][2])}, got {', '.join(sorted(wrong))}")
    if options.join and options.parts is None:
        parser.error("--join needs --parts, the folder of the rows")
    rows = []
    for network in networks:
        part = options.parts and options.parts / f"{options.table}-{network}.json"
        if not options.join:
            rows.append(trained(options.table, network, options.steps, options.seed, options.device, options.groups))
            if part:
                part.parent.mkdir(parents=True, exist_ok=True)
                part.write_text(json.dumps(asdict(rows[-1])))
        elif part.exists():
            rows.append(Row(**json.loads(part.read_text())))
    print("\n".join(table(TABLES[options.table][3], rows)))


def trained(name: str, network: str, steps: int | None, seed: int, device: str, groups: int) -> Row:
    """Train one network, with its progress on stderr, and measure it."""
    preset, setting, _, measure = TABLES[name]
    schedule = {} if steps is None else {"steps": steps, "decay_steps": steps}
    with TemporaryDirectory() as folder:
        start = time.process_time()
        run = lab.train(
            "seq2seq", preset=preset, run=Path(folder) / network, seed=seed, device=device, quiet=False, **schedule, **{setting: network}
        )
        seconds = time.process_time() - start
        lengths, figures = run.show("by_length", of=measure, groups=groups, count=1000).series[measure]
    return Row(network, lengths.tolist(), figures.tolist(), seconds)


def table(measure: str, rows: list[Row]) -> list[str]:
    """The lines of a table in Markdown."""
    if not rows:
        return []
    header = [f"{measure} at a length of", *(f"{length:.0f}" for length in rows[0].lengths), "CPU s"]
    body = [[row.network, *(f"{figure:.1f}" for figure in row.figures), f"{row.seconds:.0f}"] for row in rows]
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *body)]


if __name__ == "__main__":
    main()
