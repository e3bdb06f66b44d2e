"""The runs on disk: listing them, finding one by its name, and the shipped agent for a game. Read first: `find`."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import agent_file, registry
from lab.errors import LabError, UsageError, unknown
from lab.paths import agents_folder, expanded, runs_folder
from lab.run import Run
from lab.saving import destination

if TYPE_CHECKING:
    from torch import nn


def runs(folder: Path | None = None) -> list[Run]:
    """Every readable run under `folder` (the runs' home unless given), newest first."""
    return survey(folder)[0]


def survey(folder: Path | None = None) -> tuple[list[Run], str]:
    """What `runs` gives, and a sentence about the folders that cannot be read; "" where all can."""
    readable, unreadable = [], []
    if folder is None and runs_folder().exists() and not runs_folder().is_dir():
        raise UsageError(f"LAB_RUNS={runs_folder()} is a file. Name the folder in which runs are kept.")
    for path in (folder or runs_folder()).glob("*/config.json"):
        try:
            readable.append(Run(path.parent))
        except LabError as error:
            unreadable.append(f"{path.parent.name}: {error}")
    count = f"{len(unreadable)} run folder{'s' if len(unreadable) != 1 else ''}"
    note = f"{count} could not be read; {'the first, ' if len(unreadable) > 1 else ''}{min(unreadable)}" if unreadable else ""
    return sorted(readable, key=lambda run: run.created, reverse=True), note


def find(name: str, game: str | None = None) -> Run:
    """A run by path, by name, by "last", an example run by name, or an agent by name or file; a game's name stands for its best agent.

    `game` is what an agent of another program plays, where its file does not say so.
    """
    with suppress(OSError):
        if expanded(name).is_file():
            return agent_of_file(expanded(name), game)
    for folder in (expanded(name), runs_folder() / name):
        with suppress(OSError):  # Such as for a name that is too long.
            if (folder / "config.json").exists():
                return Run(folder)
    if name == "last":
        known = runs()
        if not known:
            raise UsageError(f"There are no runs yet under {runs_folder()}. `lab train dqn` makes one.")
        return known[0]
    agents, examples = registry.shipped(), registry.examples()
    if name in examples:
        return Run(examples[name])
    if name not in agents and name in (imported := registry.imported()):
        return Run(imported[name])
    agent = name if name in agents else registry.best_agent(name)
    if agent is not None:
        return Run(agents[agent])
    names = [*(run.name for run in runs()), *registry.imported(), *agents, *examples]
    raise unknown("run or shipped agent", name, names, see="lab runs` or `lab list")


def agent_of_file(path: Path, game: str | None = None) -> Run:
    """What stands for an agent's file: one of `lab export --to agent`, or another program's of a game that it names or that is given."""
    if agent_file.metadata(path):
        return Run(path)
    return registry.load("agents.foreign:read")(path, game)


def export_agent(run: Run, path: str | Path, evaluation: dict[str, Any] | None = None) -> int:
    """Write an agent into one file, with the figures that it holds of itself or that are given; the step that its weights are of."""
    if not run.recipe.is_agent:
        raise UsageError(f"{run.name} is no agent: {run.recipe.name} plays no game.")
    weights, where = run.serving_weights()
    step = (
        int(where.name.removeprefix("step-")) if where.parent == run.checkpoints else int(run.stored.get("training", {}).get("steps") or 0)
    )
    agent_file.write(
        destination(path, (agent_file.ENDING,), "The file"),
        weights,
        run.stored,
        run.evaluation() if evaluation is None else evaluation,
        step,
    )
    return step


def import_agent(path: str | Path, game: str | None = None, name: str | None = None) -> Run:
    """Keep a copy of an agent's file, in the lab's own format, so that it is listed; the copy's run."""
    path = expanded(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    run = agent_of_file(path, game)
    taken = {**registry.shipped(), **registry.imported()}
    name = name or run.name
    if name in taken:
        raise UsageError(f"There is an agent {name!r} already. Give this one another name with --name.")
    if Path(name).name != name or name.startswith("."):
        raise UsageError(f"--name cannot be {name!r}: it becomes a file's name.")
    run.experiment("cpu", serving_only=True).close()  # Weights of another network are refused now.
    weights, _ = run.serving_weights()
    file = agents_folder() / f"{name}{agent_file.ENDING}"
    agent_file.write(file, weights, run.stored, run.evaluation(), int(run.stored.get("training", {}).get("steps") or 0))
    return Run(file)


def agent_for(game: str) -> "tuple[nn.Module | None, str]":
    """(the network of the best shipped agent for a game, ready to play, or None; the `crop` with which it sees the game)."""
    name = registry.best_agent(game)
    if name is None:
        return None, "0,0"
    experiment = Run(registry.shipped()[name]).experiment("cpu", serving_only=True)
    return experiment.serving().eval(), getattr(experiment.config, "crop", "0,0")
