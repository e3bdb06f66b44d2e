"""Records pictures into a video file in a thread of its own, so that neither the screen nor the player waits."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lab.errors import LabError


class Recorder:
    """Encodes what `add` hands over into `path` (.mp4 or .gif) until `close`. `make` turns what was handed over into a picture;
    `size` is that of the film's longer side, in pixels; without it, what the pictures have, and 512 at least."""

    def __init__(self, path: Path, fps: float, make: Callable[..., np.ndarray] = lambda pixels: pixels, size: int | None = None):
        self.path, self.fps, self.make, self.size = path, fps, make, size
        self.error: BaseException | None = None
        self.count = 0
        self.queue: queue.Queue[tuple[object, ...] | None] = queue.Queue()
        self.thread = threading.Thread(target=self.encode, name=f"recorder {path.name}")
        self.thread.start()

    def add(self, *what: object) -> None:
        """Hand over one picture, or the arguments of `make`."""
        self.count += 1
        self.queue.put(what)

    def close(self, wait: bool = False) -> None:
        """Finish the file; with `wait`, return when it is whole."""
        self.queue.put(None)
        if wait:
            self.thread.join()

    def encode(self) -> None:
        from lab.answers.base import FILM_SIZE
        from lab.making import keep
        from lab.video import VideoWriter

        try:
            writer = VideoWriter(self.path, self.fps, self.size)
            shape: tuple[int, ...] | None = None
            making = None
            try:
                while (what := self.queue.get()) is not None:
                    picture = self.make(*what)
                    making = getattr(what[0], "making", making)
                    if shape is None:
                        shape = picture.shape
                        if self.size is None and max(shape) < FILM_SIZE:
                            writer.size = FILM_SIZE
                    if picture.shape == shape:
                        writer.add(picture)
            finally:
                writer.close()
            if not self.count:
                raise LabError(f"No picture came while {self.path.name} was recorded: there is no film.")
            keep(self.path, making)
        except BaseException as error:
            self.error = error
