"""The experiment: a trainable job that knows nothing of threads, files and screens.

Read first: `Experiment`. A recipe subclasses it; a `lab.session.Session` runs it; a `lab.run.Run` stores it.
"""

import inspect
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar, overload

import numpy as np
import torch
from torch import nn

from lab import parameters
from lab.answers import Answer
from lab.config import Config
from lab.device import give_back_soon, memory_explained, prepare
from lab.errors import LabError
from lab.exported import Exported
from lab.making import Making
from lab.state import Tree, restore, state_of
from models.eval_mode import eval_mode

Metrics = dict[str, Any]
"""What one step reports. A number or 0-d tensor is averaged over the logging interval (tensors stay on their device
until then); a list is a row of events, such as the returns of the episodes that ended, each of which is kept."""

State = dict[str, Any]
"""A nested dict of tensors, numpy arrays, `Segment`s, lists and JSON scalars; see `lab.checkpoint`."""


@dataclass(frozen=True)
class Progress:
    """How far an experiment has come, in its own unit ("steps", "images", "tokens")."""

    done: int
    unit: str = "steps"


@dataclass(frozen=True)
class ViewSpec:
    """One question that an experiment answers: the name, the class of the answer and the parameters it takes."""

    name: str
    answer: type[Answer]
    live: bool
    about: str
    parameters: dict[str, inspect.Parameter]

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of its parameters, or texts of them, within their bounds. Raises UsageError that names the parameter."""
        return parameters.checked(self.name, self.parameters, values)


F = TypeVar("F", bound=Callable[..., Any])


@overload
def view(method: F, /) -> F: ...


@overload
def view(*, live: bool = False) -> Callable[[F], F]: ...


def view(method: F | None = None, /, *, live: bool = False) -> F | Callable[[F], F]:
    """Mark a method as a view: `@view`, or `@view(live=True)`.

    Its return annotation is the class of its answer; its keyword parameters, annotated and with defaults, are the view's.
    A `live` view takes the serving module as its first argument and must use nothing else that training changes: it is
    answered from a snapshot, in the viewer's thread. Any other view runs between two steps, in the session's thread.
    Raises TypeError where the return annotation is not an `Answer`.
    """

    def mark(method: F) -> F:
        signature = inspect.signature(method)
        answer = signature.return_annotation
        if not (isinstance(answer, type) and issubclass(answer, Answer)):
            raise TypeError(f"View {method.__qualname__}: expected an Answer as its return annotation, such as Images, got {answer!r}.")
        own = list(signature.parameters.values())[2 if live else 1 :]
        about = inspect.cleandoc(method.__doc__ or "").replace("\n", " ").replace("`", "")
        method.view_spec = ViewSpec(method.__name__, answer, live, about, {p.name: p for p in own})  # type: ignore[attr-defined]
        return method

    return mark if method is None else mark(method)


class Experiment(ABC):
    """A trainable job: it owns its networks (or a table, or a map), optimisers, data and random generators.

    The constructor is cheap (networks, no data, no environments): evaluation and views of a stored run build one too.
    What recipes have in common is composed of parts (`lab.state`, `lab.epochs`, `lab.schedules`, `lab.time_lapse`), not inherited:
    a recipe has this class and at most one base of its family above it.
    """

    unit: ClassVar[str] = "steps"
    log_every: ClassVar[int] = 1000
    """Units of progress between two rows of averaged metrics."""
    checkpoint_every: ClassVar[int] = 50_000
    """Units of progress between two checkpoints; where they take longer than `lab.session.CHECKPOINT_SECONDS`, there are more."""
    headline: ClassVar[tuple[str, ...]] = ()
    """The metrics that a one-line progress display shows, most telling first."""
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size",)
    """The config fields to lower when memory runs out."""
    view_parts: ClassVar[dict[str, type]] = {}
    """Attributes that answer views too, and their classes: the views of those are views of the experiment."""
    takes_processes: ClassVar[bool] = False
    """Whether several processes can share its batches, see `models.processes`."""
    steps: int = 0
    """Units of work done."""
    ended: bool = False
    """Whether the experiment itself is done, such as by early stopping, however many steps are left."""
    run_name: str = ""
    """The run that it belongs to, for pictures to say so."""
    served_step: int | None = None
    """How far the serving weights were trained, where nothing else of a checkpoint was read."""
    remembered: dict[str, Any] | None = None
    """The data record that a stored run has (see `lab.data.record`): {} for a run without one, None for a new run."""

    def __init__(self, config: Config, device: torch.device):
        self.config = config
        self.device = device
        prepare(device)
        if device.type == "cuda":  # PyTorch keeps freed memory for this process; others may need it.
            weakref.finalize(self, give_back_soon).atexit = False

    @classmethod
    def opened(cls, config: Config, device: torch.device, remembered: dict[str, Any]) -> Self:
        """The experiment of a stored run: its constructor finds what the run `remembered` of its data, such as class names."""
        experiment = cls.__new__(cls)
        experiment.remembered = remembered
        experiment.__init__(config, device)  # type: ignore[misc]
        return experiment

    def data_record(self) -> dict[str, Any] | None:
        """The data as they are now, for a run to store and to compare (see `lab.data.record`); None where there are none.

        Called each time a run is opened, and before its first step: cheap, unless it loads what every use needs anyway.
        """
        return self.config.data_record(self.remembered)

    def read_data(self) -> None:  # noqa: B027
        """Read what training and evaluation need of a person's own files, where the constructor has not: what cannot be used is
        refused, with a LabError, before there is a run."""

    @abstractmethod
    def step(self) -> Metrics:
        """One unit of work. Reads no tensor back from the device where it can be helped."""

    def progress(self) -> Progress:
        return Progress(self.steps, self.unit)

    @abstractmethod
    def serving(self) -> nn.Module:
        """The module that answers live views, evaluation and watching: the EMA weights where the recipe keeps them."""

    def stateful(self) -> Tree:
        """Every part that an exact resume needs, under the name that it has in a checkpoint: networks, optimisers, generators, counters."""
        raise NotImplementedError

    def state(self) -> State:
        """What the stateful parts hold, copied: later steps do not change it."""
        return state_of(self.stateful())

    def restore(self, state: State) -> None:
        """The inverse of `state`, on a fresh experiment of the same config."""
        restore(self.stateful(), state)

    @abstractmethod
    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Figures of the serving module on data or episodes that training does not see."""

    def newest_picture(self) -> np.ndarray | None:
        """The newest picture (H, W[, 3]) uint8 that the recipe has kept of its training, without drawing one; None where it keeps none."""
        return None

    def exported(self) -> Exported | None:
        """The serving module as one function of tensors, for other programs; None where it takes more than one call."""
        return None

    def watch(self, **options: Any) -> dict[str, Any]:
        """Show the serving module at its job, where the recipe has something to watch."""
        raise LabError(f"Nothing to watch: {type(self).__name__} plays no game. Try `lab show`.")

    def why_ended(self) -> str:
        """Where the experiment has `ended` by itself: why, and what one may do, for a person who wants to continue it."""
        return "it has come to its own end."

    def close(self) -> None:  # noqa: B027
        """Release environments and threads. The experiment takes no further step."""

    @classmethod
    def views(cls) -> dict[str, ViewSpec]:
        """The views by name: those of its parts, then its own, in the order of their definition."""
        return {name: spec for _, part in cls.answering() for name, spec in views_of(part).items()}

    @classmethod
    def answering(cls) -> list[tuple[str, type]]:
        """Who answers views: each part's attribute and class, and at last "" and this class itself."""
        return [*cls.view_parts.items(), ("", cls)]

    def answer(self, name: str, net: nn.Module, parameters: dict[str, Any]) -> Answer:
        """The answer to the view `name`, which says how it was made; `net` is what a live view looks at."""
        owner = next(attribute for attribute, part in reversed(self.answering()) if name in views_of(part))
        method = getattr(getattr(self, owner) if owner else self, name)
        spec = method.view_spec
        with memory_explained(), torch.no_grad():
            if not spec.live:
                answer = method(**parameters)
            else:
                with eval_mode(net):
                    answer = method(net, **parameters)
        return answer.made_by(self.making(spec, parameters))

    def making(self, spec: ViewSpec, parameters: dict[str, Any]) -> Making:
        """The record of a view that was asked, with the defaults of what was not said."""
        step = self.progress().done if self.served_step is None else self.served_step
        defaults = {name: p.default for name, p in spec.parameters.items() if p.default is not inspect.Parameter.empty}
        return Making(spec.name, defaults | parameters, self.run_name, self.config.subject, self.config.seed, step)


def views_of(cls: type) -> dict[str, ViewSpec]:
    """The methods of a class that are marked as views."""
    members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
    return {name: member.view_spec for name, member in members.items() if hasattr(member, "view_spec")}
