"""The session: one experiment running, in a thread of its own for the app or in the foreground for the command line.

Only the session's thread touches the experiment. Other threads set requests (pause, stop, checkpoint, ask), which it
takes up between two steps, and read `latest`, an immutable record that is replaced whole. Knows nothing of Qt.
"""

import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import torch

from lab import checkpoint, cores, device
from lab.checkpoint_writer import CheckpointWriter
from lab.errors import LabError
from lab.event_media import samples, settings_text
from lab.experiment import Experiment, Metrics
from lab.latest import Latest
from lab.log import logged
from lab.metrics import MetricsWriter
from lab.run import Run
from lab.snapshot import Snapshot
from models.full_memory import full_memory

log = logging.getLogger(__name__)

SMOOTHING = 0.05
"""How much of the present speed goes into the steady one at an update: a jump wears off in some seconds."""
CHECKPOINT_SECONDS = 600.0
"""Training time after which a checkpoint is due, however few units of progress it brought: what a slow recipe loses when it is killed."""
PATIENCE = 1.0
"""How long (seconds) the first live view after a pause waits for the current step; then it uses the weights of the last snapshot."""


class Session:
    """Runs `experiment` into the folder of `run` until `steps` units or `minutes` of training are done.

    The run's operations take `threads` cores: as many as it had before, unless given. `on_update(latest)` is called in the session's thread at most four times a second.
    """

    def __init__(
        self,
        experiment: Experiment,
        run: Run,
        *,
        threads: int | None = None,
        steps: int | None = None,
        minutes: float | None = None,
        seconds: float = 0.0,
        on_update: Callable[[Latest], None] | None = None,
    ):
        self.experiment, self.run_folder = experiment, run
        self.threads = threads or run.threads()
        self.steps, self.seconds = steps, seconds
        self.until = None if minutes is None else seconds + 60 * minutes
        self.on_update = on_update or (lambda latest: None)
        experiment.run_name = run.name
        progress = experiment.progress()
        self.latest = Latest(done=progress.done, target=steps, unit=progress.unit, seconds=seconds, until=self.until)
        self.snapshot = Snapshot(experiment.serving())
        self.error: BaseException | None = None
        self.trained = threading.Event()
        self.wake = threading.Condition()
        self.requests: set[str] = set()
        self.single_steps = 0
        self.asks: dict[str, tuple[str, dict[str, Any], Future[Any]]] = {}
        self.live_asks: dict[str, tuple[str, dict[str, Any], Future[Any]]] = {}
        self.thread: threading.Thread | None = None
        self.viewer: threading.Thread | None = None
        self.writer = CheckpointWriter(run)
        self.saved_step: int | None = None
        self.sums: dict[str, list[Any]] = {}
        self.next_log = 0
        self.next_checkpoint, self.saved_at = 0, seconds
        self.window: deque[tuple[float, int]] = deque(maxlen=20)
        self.updated = 0.0
        self.metrics: MetricsWriter | None = None
        self.described = False
        """Whether TensorBoard has the settings."""
        self.owner = False

    # -- requests from other threads -------------------------------------------------------------------------------

    def start(self) -> None:
        """Run in a background thread, which serves views after the end of training until `close`."""
        self.thread = threading.Thread(target=self.run, kwargs={"serve": True}, name=f"session {self.run_folder.name}")
        self.thread.start()

    def pause(self) -> None:
        self.request("pause")

    def resume(self) -> None:
        with self.wake:
            self.requests.discard("pause")
            self.single_steps = 0
            self.wake.notify_all()

    def step_once(self) -> None:
        """One step, then pause."""
        with self.wake:
            self.single_steps += 1
            self.requests.add("pause")
            self.wake.notify_all()

    def stop(self) -> None:
        """End training after the present step, with a checkpoint; the run can be resumed."""
        self.request("stop")

    def checkpoint(self) -> None:
        """Write a checkpoint after the present step."""
        self.request("checkpoint")

    def request(self, what: str) -> None:
        with self.wake:
            self.requests.add(what)
            self.wake.notify_all()

    def ask(self, view: str, key: str | None = None, **parameters: Any) -> "Future[Any]":
        """The answer to a view, as a future. A newer request with the same `key` (the view's name unless given)
        replaces one that still waits, whose future is cancelled."""
        from lab.errors import unknown

        views = self.experiment.views()
        if view not in views:
            raise unknown("view", view, views, see=f"lab show {self.run_folder.typed}")
        checked = views[view].checked(parameters)
        future: Future[Any] = Future()
        with self.wake:
            waiting = self.live_asks if views[view].live else self.asks
            older = waiting.pop(key or view, None)
            if older is not None:
                older[2].cancel()
            if "close" in self.requests:
                future.cancel()
                return future
            waiting[key or view] = (view, checked, future)
            if views[view].live:
                self.snapshot.request()
                if self.viewer is None:
                    self.viewer = threading.Thread(target=self.serve_live, name=f"viewer {self.run_folder.name}", daemon=True)
                    self.viewer.start()
            self.wake.notify_all()
        return future

    def close(self, timeout: float = 30.0) -> bool:
        """Stop, checkpoint and end the threads; whether they ended within `timeout` seconds."""
        with self.wake:
            self.requests |= {"stop", "close"}
            self.wake.notify_all()
        deadline = time.monotonic() + timeout
        for thread in (self.thread, self.viewer):
            if thread is not None and thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread is not None and thread.is_alive() for thread in (self.thread, self.viewer))

    # -- the session's own thread ----------------------------------------------------------------------------------

    def run(self, serve: bool = False) -> Latest:
        """Train to the end in the calling thread. Raises nothing: errors end up in `self.error` and `latest`."""
        with cores.threads_of_run(self.threads), cores.threads(self.threads), device.current(self.experiment.device):
            self.train_and_serve(serve)
        return self.latest

    def train_and_serve(self, serve: bool) -> None:
        try:
            with self.run_folder.lock(), logged(self.run_folder):
                self.run_folder.check_unchanged()
                self.run_folder.check_writable()
                self.owner = True
                self.metrics = MetricsWriter(self.run_folder.path)
                try:
                    with cores.training(self.threads):
                        self.train()
                except BaseException:
                    with suppress(Exception):  # Report the error that ended the training.
                        self.writer.finish()
                    raise
                finally:
                    with suppress(OSError):
                        self.metrics.close()
        except BaseException as error:
            self.fail(error)
        self.trained.set()
        self.snapshot.current.set()  # There will be no further copy.
        if serve:
            self.serve_after_the_end()
        with self.wake:
            self.requests.add("close")
            self.cancel_asks()
            self.wake.notify_all()
        self.experiment.close()

    def train(self) -> None:
        begin = self.experiment.progress().done
        self.run_folder.remember_data(self.experiment)
        self.run_folder.log(f"training from {begin} {self.latest.unit} on {device.describe(self.experiment.device)}")
        if begin and self.threads != self.run_folder.threads():
            log.warning(
                "%s trained with %d threads until now and continues with %d: sums differ in their last digits with the number of threads, "
                "so this is not bit for bit what an uninterrupted run would be.",
                self.run_folder.name, self.run_folder.threads(), self.threads,
            )  # fmt: skip
        if self.metrics.path.stat().st_size:  # type: ignore[union-attr]
            self.metrics.resumed_at(begin)  # type: ignore[union-attr]
        every, log_every = self.experiment.checkpoint_every, self.experiment.log_every
        self.next_checkpoint = (begin // every + 1) * every
        self.next_log = (begin // log_every + 1) * log_every
        self.window.append((self.seconds, begin))
        self.set_status("running")
        while not self.done() and "stop" not in self.requests:
            self.serve_requests()
            if "pause" in self.requests and not self.single_steps:
                self.wait_while_paused()
                continue
            start = time.perf_counter()
            metrics = self.experiment.step()
            self.snapshot.publish(self.experiment.serving())
            self.seconds += time.perf_counter() - start
            with self.wake:
                self.single_steps = max(0, self.single_steps - 1)
            self.record(metrics)
        self.flush_metrics()
        self.save(wait=True)
        self.snapshot.publish(self.experiment.serving(), force=True)
        self.set_status("finished" if self.done() else "stopped")
        self.run_folder.log(f"{self.latest.status} at {self.latest.done} {self.latest.unit}")

    def done(self) -> bool:
        over = self.until is not None and self.seconds >= self.until
        return over or self.experiment.ended or (self.steps is not None and self.experiment.progress().done >= self.steps)

    def serve_requests(self) -> None:
        """Answer what was asked between two steps."""
        if self.writer.error is not None:
            raise self.writer.error
        if not self.asks and "checkpoint" not in self.requests:
            return
        with self.wake:
            asks, self.asks = list(self.asks.values()), {}
            wanted = "checkpoint" in self.requests
            self.requests.discard("checkpoint")
        for name, parameters, future in asks:
            answer(future, partial(self.experiment.answer, name, self.experiment.serving(), parameters))
        if wanted:
            self.save(wait=True)

    def wait_while_paused(self) -> None:
        self.flush_metrics()
        self.snapshot.publish(self.experiment.serving(), force=True)
        self.set_status("paused")
        with cores.resting(self.threads), self.wake:
            self.wake.wait_for(lambda: self.asks or self.single_steps or self.requests - {"pause"} or "pause" not in self.requests)
        if "pause" not in self.requests or self.single_steps:
            self.window.clear()
            self.window.append((self.seconds, self.experiment.progress().done))
            self.set_status("running")

    def serve_after_the_end(self) -> None:
        """Answer views of the trained experiment until the session is closed."""
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.asks or "close" in self.requests)
                if "close" in self.requests:
                    return
            self.writer.error = None
            self.requests.discard("checkpoint")
            self.serve_requests()
            cores.release_team()

    def record(self, metrics: Metrics) -> None:
        """Keep a step's metrics; write a row, a checkpoint and a progress update where they are due."""
        done = self.experiment.progress().done
        events = {name: value for name, value in metrics.items() if isinstance(value, list)}
        for row in zip(*events.values(), strict=True):
            self.write_row(done, dict(zip(events, map(float, row), strict=True)))
        for name, value in metrics.items():
            if name not in events:
                self.sums.setdefault(name, []).append(value)
        if done >= self.next_log:
            self.next_log += self.experiment.log_every
            self.flush_metrics()
        due = done >= self.next_checkpoint
        if due:
            self.next_checkpoint += self.experiment.checkpoint_every
        if due or self.seconds - self.saved_at >= CHECKPOINT_SECONDS:
            self.save()
        if time.monotonic() - self.updated > 0.25:
            self.update(done)

    def update(self, done: int, **changes: Any) -> None:
        """Replace `latest` and tell the listener."""
        self.updated = time.monotonic()
        self.window.append((self.seconds, done))
        (t0, d0), (t1, d1) = self.window[0], self.window[-1]
        speed = (d1 - d0) / (t1 - t0) if t1 > t0 else self.latest.speed
        before = self.latest.steady
        steady = speed if before <= 0 else before + SMOOTHING * (speed - before)
        values = {
            **vars(self.latest), "done": done, "target": self.steps, "seconds": self.seconds, "speed": speed, "steady": steady,
            "until": self.until,
        }  # fmt: skip
        self.latest = Latest(**{**values, "checkpoint_step": self.writer.written_step, **changes})
        self.on_update(self.latest)

    def write_row(self, step: int, values: dict[str, float]) -> None:
        try:
            self.metrics.write(step, self.seconds, values)  # type: ignore[union-attr]
        except OSError as error:
            raise checkpoint.disk_error(error, self.run_folder.path, "the metrics could not be written") from error
        self.latest = Latest(**{**vars(self.latest), "metrics": {**self.latest.metrics, **values}})

    def flush_metrics(self) -> None:
        """Average what was collected since the last row and write it. Raises LabError where a value is NaN."""
        if not self.sums:
            return
        values = {name: mean(collected) for name, collected in self.sums.items()}
        self.sums.clear()
        done = self.experiment.progress().done
        if len(self.window) > 1:
            values["charts/SPS"] = self.latest.speed
        self.write_row(done, values)
        for name, value in values.items():
            if value != value or abs(value) == float("inf"):
                self.not_finite(name, done)
        self.run_folder.write_status(
            "running", self.experiment.progress(), self.steps, self.until, self.latest.metrics, self.seconds, threads=self.threads
        )

    def not_finite(self, name: str, done: int) -> None:
        with suppress(Exception):  # A checkpoint under way may be the last finite one.
            self.writer.finish()
        _, tensors, _ = checkpoint.flatten(self.experiment.state())
        culprit = checkpoint.first_not_finite(tensors)
        kept = checkpoint.listed(self.run_folder.checkpoints)
        raise LabError(
            f"{name} is not finite at {done} {self.latest.unit}"
            + (f"; the first tensor with NaN or infinity is {culprit}. " if culprit else ". ")
            + (f"The last finite checkpoint is {kept[-1].name}. " if kept else "No checkpoint was written yet. ")
            + "Lower the learning rate, or train with --precision fp32."
        )

    def save(self, wait: bool = False) -> None:
        """Copy the state between two steps and write it in the writer's thread; not while it still writes, unless this may `wait`."""
        done = self.experiment.progress().done
        if self.writer.busy and not wait:
            return
        self.writer.finish()
        if self.saved_step == done:
            return
        state = {"experiment": self.experiment.state(), "session": {"seconds": self.seconds}}
        self.saved_step, self.saved_at = done, self.seconds
        serving = checkpoint.serving_weights(self.experiment.serving())
        self.write_media(done, serving)  # Before: the writer moves the pictures that a recipe keeps into the new checkpoint.
        self.writer.start(done, state, serving)
        if wait:
            self.writer.finish()

    def write_media(self, done: int, serving: dict[str, torch.Tensor]) -> None:
        """What TensorBoard shows beside the scalars. Training does not end where it cannot be written."""
        if self.metrics is None:
            return
        texts = {} if self.described else {"settings": settings_text(self.run_folder.recipe.name, self.run_folder.stored["config"])}
        values = {f"weights/{name}": one for name, one in samples(serving).items()}
        try:
            picture = self.experiment.newest_picture()
            self.metrics.write_media(done, texts, values, {} if picture is None else {"pictures/newest": picture})
            self.described = True
        except OSError as error:
            log.warning("Pictures and histograms for TensorBoard could not be written (%s).", error.strerror or error)

    def fail(self, error: BaseException) -> None:
        trace = "".join(traceback.format_exception(error))
        full = None if isinstance(error, LabError) else full_memory(error)
        if full is not None:
            error = device.out_of_memory(self.experiment.memory_settings, full)
        elif checkpoint.is_disk_full(error):
            intact = "; its checkpoints are intact" if checkpoint.listed(self.run_folder.checkpoints) else ""
            error = checkpoint.disk_error(error, self.run_folder.path, "training has stopped" + intact)  # type: ignore[arg-type]
        elif isinstance(error, OSError) and str(error.filename).startswith(str(self.run_folder.path)):
            error = LabError(f"Cannot write {error.filename2 or error.filename} ({error.strerror}): training has stopped.")
        self.error = error
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        message = str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}".rstrip(": ")
        done = self.experiment.progress().done
        if self.owner:  # Otherwise the folder belongs to another session.
            with suppress(OSError):  # A full disk must not hide the error.
                self.run_folder.log(message if isinstance(error, LabError) else trace)
            self.run_folder.write_status(
                status, self.experiment.progress(), self.steps, self.until, self.latest.metrics, self.seconds, message, self.threads
            )
        with suppress(Exception):  # The listener itself may have failed.
            self.update(done, status=status, error=message, traceback=trace)

    def set_status(self, status: str) -> None:
        progress = self.experiment.progress()
        self.update(progress.done, status=status)
        self.run_folder.write_status(status, progress, self.steps, self.until, self.latest.metrics, self.seconds, threads=self.threads)

    # -- the viewer's thread ---------------------------------------------------------------------------------------

    def serve_live(self) -> None:
        """Answer live views from the snapshot, the newest request of each key only."""
        cores.use_threads(1)  # The cores belong to training: a second team of threads would slow both down.
        while True:
            with self.wake:
                self.wake.wait_for(lambda: self.live_asks or "close" in self.requests)
            self.snapshot.current.wait(PATIENCE)
            with self.wake:
                if "close" in self.requests:
                    return
                if not self.live_asks:
                    continue
                name, parameters, future = self.live_asks.pop(next(iter(self.live_asks)))
            with self.snapshot.read() as net:
                answer(future, partial(self.experiment.answer, name, net, parameters))

    def cancel_asks(self) -> None:
        for _, _, future in [*self.asks.values(), *self.live_asks.values()]:
            future.cancel()
        self.asks.clear()
        self.live_asks.clear()


def answer(future: "Future[Any]", compute: Callable[[], Any]) -> None:
    """Fulfil a future, unless it was cancelled; its error goes to whoever asked, not to the session."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(compute())
    except Exception as error:
        future.set_exception(error)


def mean(values: list[Any]) -> float:
    """The mean of numbers and 0-d tensors; tensors are read from their device here, once."""
    if isinstance(values[0], torch.Tensor):
        return float(torch.stack([value.detach().float() for value in values]).mean())
    return float(sum(values) / len(values))
