"""Every recipe on the device: a few steps, exact resume, every view from a frozen copy, evaluation, its state on a processor."""

import collections
import contextlib
import gc
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from lab import registry
from lab.errors import LabError, UsageError
from lab.experiment import Experiment
from lab.selfcheck.cases import advance, cases, in_turns, made, steps_of
from lab.selfcheck.check import Check, not_finite, short
from lab.selfcheck.exactness import differences, stored_and_read
from lab.snapshot import frozen_copy

VIEW_SECONDS, SLOW = 10.0, 1.0
"""For the views of a case in all, and from when on one is told to be slow."""


def check_recipes(check: Check) -> dict[str, Any]:
    """Every case: finite metrics and exact resume; once for each class also views, evaluation and a look on a processor."""
    known = {class_of(name) for name in check.finished}
    with same_sums():
        for name in check.in_time(in_turns()):
            with check.case(name) as values, timed(values) as lap:
                one_recipe(check, name, values, lap, whole=class_of(name) not in known)
            known.add(class_of(name))
            gc.collect()  # An experiment goes round in circles with its views.
    return {}


@contextlib.contextmanager
def same_sums() -> Iterator[None]:
    """Experiments that are made inside let cuDNN use only algorithms that give the same sums each time."""
    before = os.environ.get("LAB_DETERMINISTIC")
    os.environ["LAB_DETERMINISTIC"] = "1"
    try:
        yield
    finally:
        os.environ.pop("LAB_DETERMINISTIC")
        if before is not None:
            os.environ["LAB_DETERMINISTIC"] = before


def class_of(name: str) -> str:
    """What trains a case: recipes of one class answer the same views."""
    return registry.recipe(cases()[name][0]).experiment_path


@contextlib.contextmanager
def timed(values: dict[str, Any]) -> Iterator[Callable[[str], None]]:
    """Inside, `lap(name)` keeps the seconds since the one before under that name."""
    before = time.monotonic()
    laps = values["laps"] = dict[str, float]()

    def lap(name: str) -> None:
        nonlocal before
        before, begun = time.monotonic(), before
        laps[name] = round(before - begun, 2)

    yield lap


def one_recipe(check: Check, name: str, values: dict[str, Any], lap: Callable[[str], None], whole: bool) -> None:
    with contextlib.ExitStack() as stack:
        straight, resumed = (stack.enter_context(experiment_of(check, name)) for _ in range(2))
        before, after = steps_to_check(name)
        lap("build")
        for _ in range(before):
            if wrong := not_finite(straight.step()):
                check.fail(f"after {straight.progress().done} {straight.unit}, {', '.join(wrong)} is not finite")
                return
        values["waits"] = host_waits(check, straight)
        lap("steps")
        state = stored_and_read(straight, check.folder)
        resumed.restore(state)
        check.finish()
        lap("restore")
        start = time.perf_counter()
        advance(straight, after)
        check.finish()
        values["step_ms"] = round(1000 * (time.perf_counter() - start) / after, 2)
        advance(resumed, after)
        values["exact"] = not (apart := differences(straight, resumed))
        if apart:
            check.fail(f"a resumed run is not exact: {len(apart)} tensors differ, {', '.join(apart[:2])} among them")
        lap("resume")
        if not whole:
            return
        values |= answered(check, straight)
        lap("views")
        if check.device.type != "cpu":
            on_processor(check, name, state)
            lap("processor")
        if not registry.recipe(cases()[name][0]).is_agent:  # Agents would play whole episodes.
            values["evaluated"] = evaluated(check, straight)
            lap("evaluation")


def steps_to_check(name: str) -> tuple[int, int]:
    """Steps before and after a checkpoint: an agent learns by then."""
    before, after = steps_of(name)
    return (60, 20) if before > 100 else (before, after)


@contextlib.contextmanager
def experiment_of(check: Check, name: str, **more: Any) -> Iterator[Experiment]:
    """A case's experiment on the device, in the arithmetic that a person gets there, closed at the end."""
    precision = {} if check.device.type == "cpu" or "bf16" in name else {"precision": "auto"}
    experiment = made(name, check.folder, check.device, **(precision | more))
    try:
        yield experiment
    finally:
        experiment.close()


def host_waits(check: Check, experiment: Experiment) -> dict[str, int]:
    """Where in the lab a step makes the host wait for the GPU, and how often in two steps."""
    if not check.cuda:
        advance(experiment, 2)
        return {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            advance(experiment, 2)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    root = f"{Path(__file__).resolve().parents[2]}/"
    return dict(collections.Counter(f"{w.filename.removeprefix(root)}:{w.lineno}" for w in caught if "synchron" in str(w.message)))


def answered(check: Check, experiment: Experiment) -> dict[str, Any]:
    """Ask every view, the live ones about a frozen copy: how many answered, the seconds of slow ones, and those that there was no time for.

    One that needs something said first is passed over.
    """
    net, count, slow = frozen_copy(experiment.serving()), 0, dict[str, float]()
    waiting = list(experiment.views())
    until = time.monotonic() + VIEW_SECONDS
    while waiting and time.monotonic() < until:
        view, start = waiting.pop(0), time.monotonic()
        try:
            experiment.answer(view, net, {})
            count += 1
        except UsageError:
            continue
        except Exception as error:
            check.fail(f"view {view}: {short(error)}")
        if (seconds := time.monotonic() - start) > SLOW:
            slow[view] = round(seconds, 1)
    return {"views": count, "slow": slow, "unasked": waiting}


def on_processor(check: Check, name: str, state: dict[str, Any]) -> None:
    """Restore a state of the device on a processor, as the app does to show a stored run."""
    try:
        shown = made(name, check.folder, torch.device("cpu"))
        try:
            shown.restore(state)
            frozen_copy(shown.serving())
        finally:
            shown.close()
    except Exception as error:
        check.fail(f"its state cannot be shown on a processor: {short(error)}")


def evaluated(check: Check, experiment: Experiment) -> bool:
    try:
        experiment.evaluate()
        return True
    except LabError:  # So little was learned, or there is so little to learn from, that it cannot be said.
        return False
    except Exception as error:
        check.fail(f"evaluation: {short(error)}")
        return False


def check_deterministic(check: Check) -> dict[str, Any]:
    """Exact resume again where PyTorch may only use operations that have a deterministic form."""
    with same_sums(), deterministic():
        for name in check.in_time(in_turns()):
            with check.case(name) as values, experiment_of(check, name) as straight, experiment_of(check, name) as resumed:
                before, after = steps_to_check(name)
                advance(straight, before)
                resumed.restore(stored_and_read(straight, check.folder))
                for experiment in (straight, resumed):
                    advance(experiment, after)
                values["exact"] = not (apart := differences(straight, resumed))
                if apart:
                    check.fail(f"a resumed run is not exact: {len(apart)} tensors differ, {', '.join(apart[:2])} among them")
            gc.collect()
    return {}


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Strictly: with warnings alone, the backward pass of attention would stay as it is."""
    before, fill = torch.backends.cudnn.deterministic, torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
        torch.backends.cudnn.deterministic = before
