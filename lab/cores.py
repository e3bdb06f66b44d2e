"""The machine's cores: how many threads a training takes, and how trainings that run at once share them.

A run keeps its number of threads for life (`config.json` and the checkpoints have it): sums over several threads differ in
their last bits with the number, so changing it while others train would let them change a result. What adapts is how
threads wait for each other. GNU's OpenMP, which PyTorch carries on Linux, lets them spin for up to 3 ms, and sleep at once where
the process has more of them than cores. Two processes know nothing of each other: each spins for a thread that has no core,
and both nearly stand still (DCGAN on two cores: 1.3 steps/s together, 22 alone; GPT 1.1 and 36). So while trainings crowd the
cores, or other programs do, each process keeps an idle team, which makes its threads more than the cores. Read first: `begin`.
"""

import ctypes
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

import torch

POLL_SECONDS = 0.5
"""Seconds between two checks for other trainings."""
SHORT, ENOUGH = 0.3, 0.2
"""The share of time for which threads that could run wait for a core: above the first, cores are short; below the second, no more.

On two cores DQN waits for 0.06 to 0.15 of its time alone, in the app too, and for 0.33 to 0.41 beside one other busy program.
"""


def cores_here() -> int:
    """The cores that this process may run on."""
    return len(cpus())


def cpus() -> set[int]:
    """Their numbers."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def asked_for() -> int | None:
    """The number of threads that OMP_NUM_THREADS asks for, where it is set."""
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return int(wanted) if wanted.isdigit() and int(wanted) else None


def cores() -> int:
    """The threads that a new training on the processor takes: one a core, or as many as OMP_NUM_THREADS says if they are fewer."""
    return min(cores_here(), asked_for() or cores_here())


def threads_for(device: torch.device) -> int:
    """The threads that a new run takes on a device. A GPU's host has little to share out: more than four would only wait."""
    return cores() if device.type == "cpu" else min(4, cores())


# -- the threads of one run ----------------------------------------------------------------------------------------

local = threading.local()


def run_threads() -> int:
    """The threads of the run that the calling thread works for; `cores` where it works for none."""
    return getattr(local, "threads", None) or cores()


@contextmanager
def threads_of_run(threads: int) -> Iterator[None]:
    """The calling thread works for a run of so many threads inside."""
    before = getattr(local, "threads", None)
    local.threads = threads
    try:
        yield
    finally:
        local.threads = before


def use_threads(count: int) -> None:
    """Let operations of the calling thread take `count` cores from here on, whatever other threads set for themselves."""
    torch.get_num_threads()  # Before its first operation a thread takes over what was set last, by any.
    torch.set_num_threads(count)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Operations of the calling thread take `count` cores inside."""
    mine = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(mine)


def one_thread() -> AbstractContextManager[None]:
    """Operations of the calling thread take one core inside: it gets no team of OpenMP threads, which would stay and count."""
    return threads(1)


# -- trainings beside each other -----------------------------------------------------------------------------------

guard = threading.RLock()
own: list[int] = []
"""The threads of each training of this process."""


def begin(threads: int) -> None:
    """The calling thread begins to train with so many threads; until `end`, this process and others of the user reckon with it."""
    global watcher
    with guard:
        own.append(threads)
        slot.write(sum(own))
        if watcher is None:
            watcher = Watcher()
        watcher.check()


def end(threads: int) -> None:
    """The calling thread stops training. Its OpenMP team ends too: idle, it would slow down other trainings."""
    global watcher
    with guard:
        own.remove(threads)
        if own:
            slot.write(sum(own))
        else:
            slot.close()
            if watcher is not None:
                watcher.stop.set()
                watcher = None
            idle.leave()
    release_team()


@contextmanager
def training(threads: int) -> Iterator[None]:
    """The calling thread trains inside."""
    begin(threads)
    try:
        yield
    finally:
        end(threads)


@contextmanager
def resting(threads: int) -> Iterator[None]:
    """The calling thread, which trains, waits inside."""
    end(threads)
    try:
        yield
    finally:
        begin(threads)


def crowded() -> bool:
    """Whether the trainings of this process and of others on the same cores have more threads than there are cores."""
    here = cpus()
    others = [count for count, theirs in slot.others() if theirs & here]
    return len(own) + len(others) > 1 and sum(own) + sum(others) > len(here)


class Waiting:
    """How long the threads of this process wait for a core, by Linux's `schedstat`: other programs crowd the cores too."""

    def __init__(self, tasks: Path = Path("/proc/self/task")):
        self.tasks = tasks
        self.before = self.read()

    def read(self) -> dict[str, tuple[int, int]]:
        """(nanoseconds run, nanoseconds waited) of each thread; {} where the system does not say."""
        times = {}
        for file in self.tasks.glob("*/schedstat"):
            with suppress(OSError, ValueError):
                ran, waited, _ = map(int, file.read_text().split())
                times[file.parent.name] = ran, waited
        return times

    def share(self) -> float:
        """Of the time since the last call for which threads ran or could have, the share for which they waited."""
        now, before = self.read(), self.before
        self.before = now
        ran, waited = (sum(times[i] - before.get(thread, times)[i] for thread, times in now.items()) for i in (0, 1))
        return waited / (ran + waited) if ran + waited > 0 else 0.0


class Watcher(threading.Thread):
    """Looks for a shortage of cores as long as this process trains, and keeps the idle team while there is one."""

    def __init__(self) -> None:
        super().__init__(name="cores", daemon=True)
        self.stop = threading.Event()
        self.waiting = Waiting()
        self.start()

    def run(self) -> None:
        while not self.stop.wait(POLL_SECONDS):
            self.check()

    def check(self) -> None:
        with guard:
            if self.stop.is_set():
                return
            if crowded() or self.short_of_cores():
                idle.join()
            else:
                idle.leave()

    def short_of_cores(self) -> bool:
        """Whether threads that wait for each other wait for cores; where they do already, until it is much better."""
        return self.waiting.share() > (SHORT if idle.thread is None else ENOUGH) and max(own, default=0) > 1


watcher: Watcher | None = None


class Slot:
    """This process's place among those that train: a locked file with its threads and its cores. The lock dies with the process."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file: IO[str] | None = None

    def write(self, threads: int) -> None:
        """Announce that this process trains with so many threads; silently not, where no file can be written."""
        with suppress(OSError):
            if self.file is None:
                self.file = self.taken()
            text = " ".join(map(str, (threads, *sorted(cpus()))))
            self.file.seek(0)
            self.file.truncate()
            self.file.write(text)
            self.file.flush()

    def taken(self) -> IO[str]:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        status = self.folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise PermissionError(f"{self.folder} belongs to another user")
        path = self.folder / str(os.getpid())
        while True:
            file = path.open("w")
            fcntl.flock(file, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                    return file
            file.close()  # Somebody took it for one left behind, in the moment before it was locked.

    def close(self) -> None:
        if self.file is not None:
            with suppress(OSError):
                Path(self.file.name).unlink(missing_ok=True)
            self.file.close()
            self.file = None

    def others(self) -> list[tuple[int, set[int]]]:
        """(threads, cores) of each other process that trains. What killed ones left is deleted."""
        trainings = []
        try:
            paths = [path for path in self.folder.iterdir() if path.name != str(os.getpid())]
        except OSError:
            return []
        for path in paths:
            with suppress(OSError), path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    trainings.append(parsed(file.read()))
                else:
                    path.unlink()
        return trainings


def parsed(text: str) -> tuple[int, set[int]]:
    """What a slot says; where it is just being written, a training that takes all cores."""
    try:
        threads, *numbers = map(int, text.split())
    except ValueError:
        return cores_here(), cpus()
    return threads, set(numbers) or cpus()


slot = Slot(Path("/tmp") / f"lab-trainings-{os.getuid()}")


# -- GNU OpenMP ----------------------------------------------------------------------------------------------------


class IdleTeam:
    """A team of OpenMP threads that do nothing: with it the process has more than cores, and those that wait sleep at once."""

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None
        self.made, self.gone = threading.Event(), threading.Event()

    def join(self) -> None:
        if self.thread is None and openmp() is not None:
            self.made, self.gone = threading.Event(), threading.Event()
            self.thread = threading.Thread(target=self.stay, args=(self.made, self.gone), name="idle team", daemon=True)
            self.thread.start()

    def leave(self) -> None:
        self.gone.set()
        self.thread = None

    def stay(self, made: threading.Event, gone: threading.Event) -> None:
        library = openmp()
        if library is not None:
            nothing = ctypes.cast(library.sched_yield, ctypes.c_void_p)
            library.GOMP_parallel(nothing, None, cores_here() + 1, 0)  # The team lives as long as this thread.
        made.set()
        gone.wait()


idle = IdleTeam()


def openmp() -> ctypes.CDLL | None:
    """GNU's OpenMP as PyTorch has loaded it; None where PyTorch has another one."""
    library = ctypes.CDLL(None)
    return library if hasattr(library, "GOMP_parallel") and hasattr(library, "omp_pause_resource_all") else None


def release_team() -> None:
    """End the OpenMP threads of the calling thread; its next operation on several cores starts new ones."""
    library = openmp()
    if library is not None:
        library.omp_pause_resource_all(OMP_PAUSE_HARD)


OMP_PAUSE_HARD = 2
