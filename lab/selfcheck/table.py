"""The self-check's report as one table, and what is wrong below it."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from lab.selfcheck.overseer import Report, Seen
from lab.selfcheck.sections import ABOUT


def show(report: Report, console: Console) -> None:
    """Print the table and the failures."""
    table = Table(title=f"Self-check of {report.device}", title_justify="left", box=None, pad_edge=False)
    for name in ("section", "result", "time", "what was seen"):
        table.add_column(name, justify="right" if name == "time" else "left", overflow="fold")
    for name, seen in report.sections.items():
        table.add_row(name, result(seen), f"{seen.seconds:.0f} s", escape(f"{ABOUT[name]}: {summary(name, seen)}"))
    console.print(table)
    for sentence in report.failures:
        console.print(f"[red]failed[/] {escape(sentence)}", soft_wrap=True)


def result(seen: Seen) -> str:
    if seen.failures:
        return f"[red]{len(seen.failures)} failed[/]"
    if seen.skipped:
        return "[yellow]skipped[/]"
    return "[yellow]in part[/]" if seen.unreached or not seen.done else "[green]ok[/]"


def summary(name: str, seen: Seen) -> str:
    """The section's figures in a line."""
    parts = [seen.skipped] if seen.skipped else []
    cases = [values for values in seen.cases.values() if values]
    match name:
        case "recipes":
            exact = [values["exact"] for values in cases if "exact" in values]
            parts += [
                f"{len(cases)} cases",
                f"{sum(exact)} of {len(exact)} exact on resume",
                f"{sum(v.get('views', 0) for v in cases)} views",
            ]
            parts += [f"{sum(v.get('evaluated', False) for v in cases)} evaluated"]
        case "deterministic":
            exact = [values["exact"] for values in cases if "exact" in values]
            parts += [f"{sum(exact)} of {len(exact)} exact on resume"]
        case "processor":
            apart = {case: values["apart"] for case, values in seen.cases.items() if "apart" in values}
            worst = max(apart, key=lambda case: apart[case], default="")
            parts += [f"{len(apart)} cases"] + ([f"at most {apart[worst]:.2g} apart ({worst})"] if worst else [])
        case "sessions":
            parts += [f"{sum(v.get('looks', 0) for v in cases)} looks", f"a look took {most(v.get('look_ms') for v in cases)} ms"]
        case "speed":
            parts += [
                f"{case} {', '.join(f'{key} {value}' for key, value in figures(values))}" for case, values in seen.cases.items() if values
            ]
        case _:
            parts += [f"{key} {value}" for key, value in seen.figures.items()]
    if seen.unreached:
        parts.append(f"no time for {', '.join(seen.unreached)}" if len(seen.unreached) < 4 else f"no time for {len(seen.unreached)} cases")
    return "; ".join(parts)


def figures(values: dict[str, Any]) -> list[tuple[str, Any]]:
    """The figures of a bench that are worth a line: speeds and times."""
    return [
        (key, value) for key, value in values.items() if key.endswith(("_per_s", "sps", "per_s", "_ms", "gpu_share")) and key != "gpu_ms"
    ]


def most(values: Iterable[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)
