"""The run: the folder on disk that holds everything about one execution, and what one can do with a stored one."""

import json
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import agent_file, lock_file, registry
from lab.config import Config
from lab.data import catalogue
from lab.errors import LabError, UsageError, unknown
from lab.making import Making
from lab.metrics import read_rows
from lab.paths import new_folder, runs_folder, write_atomic
from lab.run_records import checked_config, checked_status
from lab.versions import git_commit, versions

if TYPE_CHECKING:
    import torch

    from lab.experiment import Experiment, Progress


log = logging.getLogger("lab.run")

MOST_FIGURES = 5
"""How many figures of an evaluation a shipped run is listed with: the telling ones come first."""


class Run:
    """One run folder, or an agent's file. Opening it reads its config; nothing else is loaded until it is asked for."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.warnings: list[str] = []
        """What was said when the run was opened, such as how its data have changed."""
        self.read_mark: tuple[str, int] | None = None
        """The newest checkpoint as it was when this run was made or its `experiment` read, by `lab.checkpoint.newest_mark`."""
        self.weights: dict[str, torch.Tensor] | None = None
        """The network's weights where the run stands for another program's file; else they are read when they are needed."""
        if self.path.is_file():
            self.stored: dict[str, Any] = agent_file.read_records(self.path)[0]
            self.recipe = registry.recipe(self.stored["recipe"])
            return
        try:
            self.stored = checked_config(json.loads((self.path / "config.json").read_text()))
            self.recipe = registry.recipe(self.stored["recipe"])
        except FileNotFoundError:
            raise UsageError(f"{self.path} is not a run: it has no config.json. `lab runs` lists the runs.") from None
        except (OSError, ValueError) as error:
            raise LabError(f"{self.path}/config.json cannot be read ({error}).") from None

    @classmethod
    def of_weights(cls, path: Path, stored: dict[str, Any], weights: "dict[str, torch.Tensor]") -> "Run":
        """What stands for another program's file at `path`: `weights` of a network by `stored`, which is what a config.json holds."""
        run = cls.__new__(cls)
        run.path, run.stored, run.weights, run.warnings, run.read_mark = path, stored, weights, [], None
        run.recipe = registry.recipe(stored["recipe"])
        return run

    @classmethod
    def create(
        cls, recipe: registry.Recipe, config: Config, device: "torch.device", threads: int, path: Path | None = None,
        steps: int | None = None, minutes: float | None = None, part_of: dict[str, str] | None = None, processes: int = 1,
    ) -> "Run":  # fmt: skip
        """A new folder with its `config.json`, which notes how long and with how many threads the run is to train, for its resumption.

        `part_of` says what the run belongs to, such as a suite; `processes` how many train it.

        Raises LabError where it cannot be written or is taken.
        """
        from lab.device import describe

        if path is not None:
            check_name(path)
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        folder = path or runs_folder() / f"{recipe.name}-{config.subject}-s{config.seed}-{stamp}"
        stored = {
            "recipe": recipe.name,
            "subject": config.subject,
            "config": config.model_dump(mode="json"),
            "device": str(device),
            "device_name": describe(device, threads),
            "threads": threads,
            "created": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "versions": versions(),
            "git_commit": git_commit(),
            "steps": steps,
            "minutes": minutes,
            **({"part_of": part_of} if part_of else {}),
            **({"processes": processes} if processes > 1 else {}),
        }
        existed = folder.exists()
        try:
            folder = folder if path is not None else new_folder(folder)
            if (folder / "config.json").exists():
                raise UsageError(f"{folder} already holds a run. `lab resume {shlex.quote(str(folder))}` continues it.")
            remains = [name for name in ("metrics.jsonl", "checkpoints", "status.json") if (folder / name).exists()]
            if not remains and path is not None and existed and any(not one.name.startswith(".") for one in folder.iterdir()):
                raise UsageError(f"{folder} holds other files: a run gets a folder of its own. Choose another with --run DIR.")
            if remains:
                raise UsageError(f"{folder} holds {remains[0]} of another run, whose config.json is gone. Choose another with --run DIR.")
            (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
            (folder / "media").mkdir(exist_ok=True)
            write_atomic(folder / "config.json", json.dumps(stored, indent=1))
        except OSError as error:
            if path is None or not existed:
                shutil.rmtree(folder, ignore_errors=True)
            raise LabError(f"Cannot write the run folder {folder} ({error.strerror}). Choose another with --run DIR.") from None
        run = cls(folder)
        run.read_mark = ("", 0)
        return run

    @property
    def name(self) -> str:
        return self.path.stem if self.path.is_file() else self.path.name

    @property
    def typed(self) -> str:
        """Its name as one types it into a shell."""
        return shlex.quote(self.name)

    def __repr__(self) -> str:
        status = self.status()
        words = f"{self.recipe.name} on {self.stored.get('subject', 'nothing')}"
        done = f" at {status['done']:,} {status.get('unit', 'steps')}" if "done" in status else ""
        state = self.kind if self.shipped else f"{status['status']}{done}"
        known = {} if self.shipped else status.get("metrics", {})
        metrics = [f"{name} {value:.4g}" for name, value in known.items() if value is not None and name != "charts/SPS"]
        return f"<Run {self.name}: {', '.join([words, state, *metrics[:3]])}>"

    def about(self) -> dict[str, Any]:
        """What the files of its checkpoints say of themselves."""
        return {"recipe": self.recipe.name, "seed": self.stored["config"].get("seed"), "lab": versions()["lab"]}

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def shipped(self) -> bool:
        """Whether this comes with the lab, or is an agent's file: weights without the state that training needs."""
        return self.path.is_file() or (self.path / "serving.safetensors").exists()

    @property
    def kind(self) -> str:
        """What a shipped run is called: an agent's file, an agent that comes with the lab, or an example of the other recipes."""
        return "agent's file" if self.path.is_file() else "shipped agent" if self.recipe.is_agent else "example run"

    def no_training(self) -> UsageError:
        command = self.stored.get("training", {}).get("command")
        again = f" It was trained by: {command}" if command and self.kind == "example run" else ""
        article = "a" if self.kind == "shipped agent" else "an"
        return UsageError(f"{self.name} is {article} {self.kind}: it has weights to show and evaluate, but no training state.{again}")

    def evaluation(self) -> dict[str, Any]:
        """The figures that a shipped agent, or an agent's file, holds of itself; {} where there are none."""
        if self.weights is not None:
            return {}
        if self.path.is_file():
            return agent_file.read_records(self.path)[1]
        file = self.path / "evaluation.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def serving_weights(self, step: int | None = None) -> "tuple[dict[str, torch.Tensor], Path]":
        """The newest good weights of the network that plays, or those of `step` where they are kept, and the file or folder that they are from.

        A damaged checkpoint is named in `log.txt` and on stderr, and the one before it is used.
        """
        from lab import checkpoint

        if self.weights is not None:
            return self.weights, self.path
        if self.shipped:
            file = self.path if self.path.is_file() else self.path / "serving.safetensors"
            return checkpoint.read_weights(file), self.path
        if step is not None and (kept := checkpoint.of_step(self.checkpoints, step)) is not None:
            return checkpoint.read(kept, serving_only=True), kept
        path, weights, problems = checkpoint.newest_good(self.checkpoints, serving_only=True)
        for problem in problems:
            self.warn(f"{problem} Using {path.name} instead.")
        return weights, path

    def config(self, data: str | None = None, exists: bool = True) -> Config:
        """The stored config, with other `data` where they are given. Raises UsageError where the data are to `exists` and are not there."""
        config_class = self.recipe.config_class()
        values = {**config_class.former_values, **self.stored["config"]}
        if data is None:
            if exists:
                catalogue.check_there(str(values.get("data", "")), f" of run {self.name}")
            try:
                return config_class.parse(values, exists)
            except UsageError as error:
                raise LabError(f"The settings of run {self.name} in its config.json do not fit this version of the lab: {error}") from None
        if "data" not in config_class.model_fields:
            raise UsageError(f"--data does not apply to {self.name}: {self.recipe.name} uses no data set.")
        return config_class.parse({**values, "data": data})

    def remember_data(self, experiment: "Experiment") -> None:
        """Store an experiment's record of its data, once; again, with its config, when it was given different data."""
        from lab.data import record

        stored, described = self.stored.get("data", {}), experiment.data_record()
        if described is None or (stored and record.compare(stored, described).kind == "same"):
            return
        self.stored["config"] = experiment.config.model_dump(mode="json")
        self.stored["data"] = record.merged(stored, described) if stored else record.storable(described)
        write_atomic(self.path / "config.json", json.dumps(self.stored, indent=1))
        for sentence in described.get("assumed", []):
            log.info(sentence)

    # -- records ---------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """What `write_status` wrote, less what cannot be read of it; the status itself is "unknown" then.

        A run that says "running" although no process holds it was "interrupted", one that says "paused" is "stopped". One that comes with the
        lab says how it was made.
        """
        if self.shipped:
            return self.shipped_status()
        try:
            status = checked_status(json.loads((self.path / "status.json").read_text()))
        except (OSError, ValueError):
            status = {"status": "unknown"}
        left = {"running": "interrupted", "paused": "stopped"}.get(status["status"])
        if left is not None and not self.is_locked():
            status["status"] = left
        return status

    def shipped_status(self) -> dict[str, Any]:
        """How far a run that comes with the lab was trained, and its figures."""
        made, figures = self.stored.get("training", {}), self.evaluation()
        if self.recipe.is_agent:
            figures = {name: figures[name] for name in ("mean", "sticky_mean", "human") if name in figures}
        figures = dict(list(figures.items())[:MOST_FIGURES])
        known = {"done": made.get("steps"), "seconds": 3600 * made["hours"] if "hours" in made else None, "metrics": figures}
        return checked_status({"status": self.kind, **{name: value for name, value in known.items() if value is not None}})

    def write_status(
        self,
        status: str,
        progress: "Progress",
        target: int | None,
        until: float | None,
        metrics: dict[str, float],
        seconds: float,
        reason: str = "",
        threads: int | None = None,
    ) -> None:
        """Replace `status.json`. A disk that is too full for it leaves the old one.

        The run is to train to `target` units of progress, or until it has trained for `until` seconds in all, with so many threads.
        """
        values = {
            "status": status, "done": progress.done, "unit": progress.unit, "target": target, "until": until, "seconds": round(seconds, 1),
            "reason": reason, "metrics": {k: v if v == v and abs(v) != float("inf") else None for k, v in metrics.items()},
            "updated": datetime.now().astimezone().isoformat(timespec="seconds"), "pid": os.getpid(),
            "threads": self.threads() if threads is None else threads,
        }  # fmt: skip
        try:
            write_atomic(self.path / "status.json", json.dumps(values, indent=1))
        except OSError:
            if status == "running":
                raise

    def threads(self) -> int:
        """The threads that the run trained with last: with as many, it continues bit for bit. Runs of before this was stored take all cores."""
        from lab.cores import cores

        return int(self.status().get("threads") or self.stored.get("threads") or cores())

    @property
    def created(self) -> float:
        """The instant at which the run was made, in seconds since 1970: texts of local times do not sort."""
        try:
            return datetime.fromisoformat(self.stored["created"]).timestamp()
        except (KeyError, ValueError, OverflowError):
            return (self.path / "config.json").stat().st_mtime

    def metrics(self) -> list[dict[str, Any]]:
        """The rows of `metrics.jsonl` that count."""
        try:
            return read_rows(self.path / "metrics.jsonl")
        except OSError as error:
            raise LabError(f"{self.path}/metrics.jsonl cannot be read ({error.strerror}).") from None

    def log(self, message: str) -> None:
        """Append a line to `log.txt`."""
        with (self.path / "log.txt").open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {message}\n")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run: one writer at a time. Raises LabError where another process or session has it."""
        if self.shipped:
            raise self.no_training()
        if not self.path.is_dir():
            raise LabError(f"The folder of run {self.name} is gone: {self.path} was deleted, moved or renamed.")

        def taken(process: int | None) -> str:
            other = f" (process {process})" if process not in (None, os.getpid()) else ""
            return f"Run {self.name} is being trained by another session{other}. Stop that one first."

        with lock_file.held(self.path / "lock", f"Cannot write to the run folder {self.path}", taken):
            yield

    def check_writable(self) -> None:
        """Raises LabError where no checkpoint could be written, before hours of training are lost."""
        try:
            if self.checkpoints.exists() and not self.checkpoints.is_dir():
                raise LabError(f"{self.checkpoints} is a file, not a folder: no checkpoint can be written. Move it away.")
            self.checkpoints.mkdir(exist_ok=True)
            probe = self.checkpoints / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise LabError(f"Cannot write to {self.checkpoints} ({error.strerror}).") from None

    def check_unchanged(self) -> None:
        """Raises LabError where another session has trained the run since `experiment` read it: its checkpoints would be lost."""
        from lab.checkpoint import newest_mark

        newest = newest_mark(self.checkpoints)
        if self.read_mark not in (None, newest):
            where = f"its newest checkpoint is now {newest[0]}" if newest[0] else "its checkpoints are gone"
            raise LabError(f"Run {self.name} has changed since it was opened: {where}. Open it again to continue from there.")

    def is_locked(self) -> bool:
        return lock_file.is_held(self.path / "lock")

    def trainer(self) -> int | None:
        """The process that trains the run, 0 where it does not say its number; None where nobody does."""
        return lock_file.holder(self.path / "lock")

    def checkpoint_step(self) -> int | None:
        """How far training was at the newest checkpoint, by its name; None where there is none."""
        steps = [path.name.removeprefix("step-") for path in self.checkpoints.glob("step-*")]
        return max((int(step) for step in steps if step.isdecimal()), default=None)

    # -- stored experiments ----------------------------------------------------------------------------------------

    def experiment(
        self, device: str = "auto", *, serving_only: bool = False, data: str | None = None, same_data: bool = False, to_look: bool = False,
        step: int | None = None,
    ) -> "Experiment":  # fmt: skip
        """The experiment as the newest good checkpoint has it, or that of `step` where it is kept; with `serving_only`, just its serving weights.

        A damaged checkpoint is named in `log.txt` and on stderr, and the one before it is used. So is a change of the data since
        training, which `same_data` refuses with a LabError instead. `data` are used in place of those that the run names.
        Only `to_look` may they be missing: what needs them raises a UsageError then.
        """
        from lab.device import memory_explained, resolve

        with memory_explained(self.recipe.experiment_class().memory_settings):
            return self.opened(resolve(device), serving_only, data, same_data, to_look, step)

    def opened(
        self, device: "torch.device", serving_only: bool, data: str | None, same_data: bool, to_look: bool, step: int | None
    ) -> "Experiment":
        from lab import checkpoint

        remembered = self.stored.get("data", {})
        gone = catalogue.missing(str(self.stored["config"].get("data", ""))) if to_look and remembered and data is None else None
        experiment = self.recipe.experiment_class().opened(self.config(data, exists=gone is None), device, remembered)
        if gone is None:
            self.compare_data(experiment, same_data)
        else:
            self.warnings.append(f"The data are missing: {gone} does not exist. What needs none of them can be shown.")
        if self.shipped and not serving_only:
            raise self.no_training()
        experiment.run_name = self.name
        self.read_mark = checkpoint.newest_mark(self.checkpoints)
        if serving_only:
            weights, where = self.serving_weights(step)
            checkpoint.load_serving(experiment.serving(), weights, where)
            experiment.served_step = checkpoint.step_of(where)
            return experiment
        if not checkpoint.listed(self.checkpoints):
            self.warn(f"Run {self.name} has no checkpoint yet: it starts from the beginning.")
            self.stored_seconds = 0.0
            return experiment
        kept = None if step is None else checkpoint.of_step(self.checkpoints, step)
        path, contents, problems = checkpoint.newest_good(self.checkpoints) if kept is None else (kept, checkpoint.read(kept), [])
        for problem in problems:
            self.warn(f"{problem} Using {path.name} instead.")
        experiment.restore(contents["experiment"])
        self.stored_seconds = float(contents["session"]["seconds"])
        return experiment

    def compare_data(self, experiment: "Experiment", same_data: bool) -> None:
        """Warn if the data differ from the run's record of them, or refuse to use them."""
        from lab.data.record import compare

        remembered = experiment.remembered
        described = experiment.data_record() if remembered else None
        if not remembered or described is None:
            return
        change = compare(remembered, described)
        if same_data and change.kind in ("grown", "other"):
            experiment.close()
            raise LabError(
                f"{change.sentence} Resuming {self.name} would not reproduce an uninterrupted run. Restore the data, or continue with these "
                f"deliberately: lab resume {self.typed} --data {shlex.quote(described['data'])}"
            )
        if change.sentence:
            self.warn(change.sentence)

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        print(message, file=sys.stderr)
        try:
            self.log(message)
        except OSError:
            pass  # A read-only run can still be shown.

    def show(self, view: str, device: str = "auto", *, data: str | None = None, at_step: int | None = None, **parameters: Any) -> Any:
        """The answer to a view of the stored experiment, a `lab.answers.Answer`; with the weights of `at_step` where that checkpoint is kept."""
        if view == "curves":
            return self.curves(**parameters).made_by(Making(view, parameters, self.name, step=self.checkpoint_step() or 0))
        views = self.recipe.experiment_class().views()
        if view not in views:
            raise unknown("view", view, views, see=f"lab show {self.typed}")
        checked = views[view].checked(parameters)
        experiment = self.experiment(device, serving_only=views[view].live, data=data, to_look=True, step=at_step)
        try:
            return experiment.answer(view, experiment.serving(), checked)
        finally:
            experiment.close()

    def curves(self, metrics: str = "", axis: str = "step", **other: Any) -> Any:
        """The view that every run has: its metrics (names separated by commas, all of them if empty) over steps or time."""
        import numpy as np

        from lab.answers import Curves
        from lab.metrics import names, series

        if other:
            raise unknown("parameter of view curves", next(iter(other)), ["metrics", "axis"], see=f"lab show {self.typed}")
        rows = self.metrics()
        known = names(rows)
        wanted = [name for name in metrics.split(",") if name] or known
        for name in wanted:
            if name not in known:
                raise unknown("metric", name, known, see=f"lab show {self.typed} curves")
        if axis not in ("step", "time"):
            raise UsageError(f"--axis must be step or time, got {axis!r}.")
        lines = {name: series(rows, name, axis) for name in wanted} or {"no metrics yet": (np.zeros(0), np.zeros(0))}
        label = "seconds of training" if axis == "time" else self.status().get("unit", "steps")
        return Curves(lines, x_label=label, title=self.name, separate=True)

    def evaluate(self, device: str = "auto", *, data: str | None = None, **options: Any) -> dict[str, Any]:
        """The recipe's figures of the stored weights on held-out data or episodes; of other `data` where they are given."""
        from lab.device import memory_explained

        experiment = self.experiment(device, serving_only=True, data=data)
        try:
            with memory_explained():
                return experiment.evaluate(**options)
        finally:
            experiment.close()


def check_name(path: Path) -> None:
    """Raises UsageError for a path that no run folder should have."""
    if path == Path() or any(not c.isprintable() for c in path.name):
        raise UsageError(f"--run must name a folder, in characters that can be seen, got {'' if path == Path() else str(path)!r}.")
