"""Whose weights play: a running session's newest, a stored run's checkpoint, a shipped or imported agent, or an untrained network."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import registry
from lab.errors import LabError
from lab.run import Run
from lab.stored_runs import runs

if TYPE_CHECKING:
    from torch import nn

    from lab.session import Session


class WeightSource:
    """`open` is called once in the player's thread, then `net` for every frame."""

    key: str
    label: str
    game: str
    crop: str = "0,0"
    """The rows that the network does not see (`lab.atari.preprocessing`)."""

    def open(self) -> None:
        """Load what is needed."""

    @contextmanager
    def net(self) -> "Iterator[nn.Module | None]":
        """The network that plays; None where actions are random."""
        raise NotImplementedError
        yield


class LiveSource(WeightSource):
    """The newest weights of a session, through its snapshot: neither waits for the other."""

    def __init__(self, session: "Session"):
        self.session = session
        self.game = session.experiment.config.game  # type: ignore[attr-defined]
        self.crop = session.experiment.config.crop  # type: ignore[attr-defined]
        self.key = f"live:{session.run_folder.path}"

    @property
    def label(self) -> str:  # type: ignore[override]
        return f"{'trained here' if self.session.trained.is_set() else 'training now'}: {self.session.run_folder.name}"

    @contextmanager
    def net(self) -> "Iterator[nn.Module]":
        with self.session.snapshot.read() as net:
            yield net


class StoredSource(WeightSource):
    """A shipped or imported agent, or a stored run at its newest checkpoint or the one named."""

    def __init__(self, run: Run, checkpoint: str | None = None, label: str = ""):
        self.run, self.checkpoint = run, checkpoint
        self.game = run.stored["config"]["game"]
        self.crop = run.stored["config"].get("crop", "0,0")
        self.key = f"run:{run.path.resolve()}:{checkpoint or 'newest'}"
        self.label = label or (f"{run.name} at {int(checkpoint.removeprefix('step-')):,}" if checkpoint else run.name)
        self.module: Any = None

    def open(self) -> None:
        if self.checkpoint is None:
            self.module = self.run.experiment("cpu", serving_only=True).serving()
        else:
            from lab import checkpoint
            from lab.device import resolve

            experiment = self.run.recipe.experiment_class()(self.run.config(), resolve("cpu"))
            path = self.run.checkpoints / self.checkpoint
            checkpoint.load_serving(experiment.serving(), checkpoint.read(path, serving_only=True), path)
            self.module = experiment.serving()
        self.module.eval()

    @contextmanager
    def net(self) -> "Iterator[nn.Module]":
        yield self.module


def whose(run: Run) -> str:
    """What an agent that is no run of the user's is called: imported ones are files, shipped ones folders."""
    return "imported agent" if run.path.is_file() else "shipped agent"


def agent_source(run: Run) -> StoredSource:
    """A shipped or imported agent, called so."""
    return StoredSource(run, label=f"{whose(run)}: {run.name}")


class UntrainedSource(WeightSource):
    """A network that has learned nothing: what every agent starts from. The same `seed` gives the same weights."""

    def __init__(self, game: str, seed: int = 0):
        self.game, self.seed = game, seed
        self.key = f"fresh:{game}"
        self.label = f"untrained network: {game}"
        self.module: Any = None

    def open(self) -> None:
        from lab.atari.games import action_names
        from lab.seeding import seeded
        from models.q_network import QNetwork

        with seeded(self.seed):
            self.module = QNetwork(len(action_names(self.game))).eval()

    @contextmanager
    def net(self) -> "Iterator[nn.Module]":
        yield self.module


class RandomSource(WeightSource):
    """Nobody: every action is drawn at random."""

    def __init__(self, game: str):
        self.game = game
        self.key = f"random:{game}"
        self.label = f"random actions: {game}"

    @contextmanager
    def net(self) -> "Iterator[None]":
        yield None


class ModuleSource(WeightSource):
    """A network that the caller has loaded."""

    def __init__(self, module: "nn.Module", game: str, label: str):
        self.module, self.game, self.label, self.key = module, game, label, "module"

    @contextmanager
    def net(self) -> "Iterator[nn.Module]":
        yield self.module


def of_game_first(sources: list[WeightSource], game: str) -> list[WeightSource]:
    """The sources with those that play `game` in front: agents, then an untrained network and random actions, which every game has."""
    mine = [source for source in sources if source.game == game]
    return [*mine, UntrainedSource(game), RandomSource(game), *(source for source in sources if source.game != game)]


def plays_atari(run: Run) -> bool:
    """Whether the run's agent plays one of the emulator's games, which can be watched."""
    return run.recipe.is_agent and isinstance(run.stored["config"].get("game"), str)


def stored_sources() -> list[WeightSource]:
    """Shipped agents first, then the stored Atari runs with weights, newest first, each checkpoint by itself."""
    sources: list[WeightSource] = []
    for path in (*registry.shipped().values(), *registry.imported().values()):
        with suppress(LabError):  # A file that somebody has put among the imported ones.
            sources.append(agent_source(Run(path)))
    for run in runs():
        kept = checkpoints(run.path) if plays_atari(run) else []
        if kept:
            sources.append(StoredSource(run))
        if len(kept) > 1:
            sources += [StoredSource(run, name) for name in reversed(kept)]
    return sources


def checkpoints(folder: Path) -> list[str]:
    """The names of a run's checkpoints, oldest first."""
    names = (path.parent.name for path in (folder / "checkpoints").glob("step-*/manifest.json"))
    return sorted(name for name in names if name.removeprefix("step-").isdecimal())
