"""Video files from pictures, frame by frame: .mp4 (H.264) and .gif, encoded by the ffmpeg that imageio-ffmpeg carries."""

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lab.errors import LabError
from lab.saving import destination

ENDINGS = (".mp4", ".gif")
GIF_FPS, GIF_WIDTH = 20, 640
"""A GIF has a palette per frame and no motion: more frames or pixels than these make it very large."""


class VideoWriter:
    """Streams RGB frames (H, W, 3) uint8 to an encoder; nothing is collected in memory.

    All frames have the size of the first. An .mp4 of odd height or width gets one more row or column, a copy of the
    last, as H.264 wants even ones. A .gif gets about 20 frames a second and half the size where it is wider than 640 and no size is named.
    """

    def __init__(self, path: str | Path, fps: float, size: int | None = None):
        """`size` is what the longer side of the film should have, in pixels. Raises UsageError for another ending and LabError where one may not write."""
        import imageio_ffmpeg

        self.path, self.fps, self.count = destination(path, ENDINGS, "--video"), fps, 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self.path.exists()
            self.path.open("ab").close()
            if new:
                self.path.unlink()
        except OSError as error:
            raise LabError(f"Cannot write {self.path} ({error.strerror}).") from None
        self.size = size
        self.gif = self.path.suffix.lower() == ".gif"
        self.every = max(1, round(fps / GIF_FPS)) if self.gif else 1
        self.open = imageio_ffmpeg.write_frames
        self.encoder: Any = None

    def add(self, frame: np.ndarray) -> None:
        """Encode one frame. Raises LabError where the encoder cannot write."""
        self.count += 1
        if (self.count - 1) % self.every:
            return
        if self.size is not None:
            frame = resized(frame, self.size)
        if not self.gif:
            frame = np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")
        try:
            if self.encoder is None:
                self.encoder = self.start(*frame.shape[:2])
            self.encoder.send(np.ascontiguousarray(frame))
        except OSError:  # Its text is the encoder's whole command.
            raise self.broken() from None

    def start(self, height: int, width: int) -> Any:
        if self.gif:
            scale = "scale=iw/2:-1:flags=area," if width > GIF_WIDTH and self.size is None else ""
            palette = f"{scale}split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none"
            options: dict[str, Any] = {"codec": "gif", "pix_fmt_out": "pal8", "output_params": ["-vf", palette]}
        else:
            options = {"codec": "libx264", "pix_fmt_out": "yuv420p", "quality": 8}
        encoder = self.open(
            str(self.path.absolute()), (width, height), fps=self.fps / self.every, ffmpeg_log_level="quiet", macro_block_size=1, **options
        )
        encoder.send(None)  # An absolute path begins with no protocol: ffmpeg takes a:b.mp4 for one, and http:x.mp4 to the network.
        return encoder

    def close(self) -> None:
        """Finish the file. Raises LabError where it could not be written."""
        if self.encoder is not None:
            encoder, self.encoder = self.encoder, None
            encoder.close()
            if not is_whole(self.path):
                raise self.broken()

    def broken(self) -> LabError:
        return LabError(f"The video {self.path} could not be written. Is the folder writable, or the disk full?")


def resized(frame: np.ndarray, size: int) -> np.ndarray:
    """A picture (H, W, 3) uint8 whose longer side has `size` pixels. Pixels that become larger stay sharp squares."""
    height, width = frame.shape[:2]
    if max(height, width) == size:
        return frame
    times = -(-size // max(height, width))  # Enlarged by a whole number and then made smaller, all squares are alike.
    large = Image.fromarray(frame).resize((times * width, times * height), Image.Resampling.NEAREST)
    share = size / max(height, width)
    return np.asarray(large.resize((max(1, round(share * width)), max(1, round(share * height))), Image.Resampling.BOX))


def is_whole(path: Path) -> bool:
    """Whether a film was written to its end: an .mp4 has its table of frames (`moov`), a .gif its last byte.

    ffmpeg does not report that the disk was full when it wrote them.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if path.suffix.lower() == ".gif":
                file.seek(max(0, size - 1))
                return file.read(1) == b";"
            start = 0
            while start + 8 <= size:
                file.seek(start)
                length, kind = struct.unpack(">I4s", file.read(8))
                if length == 1:  # A box of more than 4 GB has its length behind its name.
                    (length,) = struct.unpack(">Q", file.read(8))
                if kind == b"moov":
                    return start + length <= size
                start += max(length, 8)
    except (OSError, struct.error):
        pass
    return False
