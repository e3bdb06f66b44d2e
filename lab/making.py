"""How a picture was made: the run, the step, the view and its parameters, kept in the file itself (PNG) or beside it (GIF, MP4).

`lab show PICTURE` and a picture dropped on the app's window read it. Read first: `Making`.
"""

import base64
import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngInfo

KEY = "lab"
"""The keyword of a PNG's text chunk."""
FILMS = (".gif", ".mp4")
PICTURES = (".png", *FILMS)
MOST_BYTES = 64 << 20
"""A parameter that is a picture, such as a drawing, has at most so many bytes."""


@dataclass(frozen=True)
class Making:
    """A view of a run as it was asked: enough to ask it again."""

    view: str
    parameters: dict[str, Any] = field(default_factory=dict)
    """By name; among them the anchors and the seed of the samples, where the view has them."""
    run: str = ""
    """The run's name; "" where it has none, as an experiment that is not stored."""
    subject: str = ""
    """The data or the game."""
    seed: int = 0
    """Of the training."""
    step: int = 0
    """How far the weights were trained."""

    def text(self) -> str:
        return json.dumps({**asdict(self), "parameters": {name: packed(value) for name, value in self.parameters.items()}})

    @classmethod
    def of_text(cls, text: str) -> "Making":
        """The inverse of `text`. Raises ValueError for anything else."""
        values = json.loads(text)
        if not isinstance(values, dict) or not isinstance(values.get("parameters"), dict):
            raise ValueError("it is no record of a view")
        try:
            made = cls(**{**values, "parameters": {name: unpacked(value) for name, value in values["parameters"].items()}})
        except (TypeError, KeyError, zlib.error) as error:
            raise ValueError(str(error)) from None
        if not all(isinstance(value, str) for value in (made.view, made.run, made.subject)) or not isinstance(made.step, int):
            raise ValueError("it is no record of a view")
        return made


def keep(path: Path, making: Making | None) -> None:
    """Note beside a film how it was made; a PNG has it inside, see `png_info`. A note of an older file of that name goes."""
    note = note_of(path)
    if path.suffix.lower() in FILMS and making is not None:
        note.write_text(making.text() + "\n", encoding="utf-8")
    else:
        note.unlink(missing_ok=True)


def png_info(making: Making | None) -> "PngInfo | None":
    """What Pillow writes into a PNG."""
    from PIL.PngImagePlugin import PngInfo

    if making is None:
        return None
    info = PngInfo()
    info.add_itxt(KEY, making.text(), zip=True)
    return info


def note_of(path: Path) -> Path:
    """The JSON file beside a film."""
    return path.with_name(path.name + ".json")


def read(path: Path) -> Making | None:
    """How a picture or a film was made; None where the file does not say. Raises LabError where what it says is damaged."""
    from PIL import Image

    ending = path.suffix.lower()
    try:
        if ending in FILMS:
            text = note_of(path).read_text(encoding="utf-8") if note_of(path).is_file() else None
        elif ending == ".png" and path.is_file():
            with Image.open(path, formats=("PNG",)) as image:
                text = getattr(image, "text", {}).get(KEY)
        else:
            return None
    except (OSError, SyntaxError, ValueError):  # No picture at all, or more text than Pillow unpacks.
        return None
    if text is None:
        return None
    try:
        return Making.of_text(text)
    except ValueError as error:
        raise LabError(f"{path.name} says how it was made, but that cannot be read ({error}).") from None


def tells(path: Path) -> bool:
    """Whether a file says how the lab made it, if perhaps in a damaged way."""
    try:
        return read(path) is not None
    except LabError:
        return True


def packed(value: Any) -> Any:
    """A parameter as JSON has it; arrays, such as a drawing, are compressed."""
    import numpy as np

    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        return {"array": base64.b64encode(zlib.compress(array.tobytes())).decode(), "shape": array.shape, "dtype": array.dtype.str}
    return value.item() if isinstance(value, np.generic) else str(value) if isinstance(value, Path) else value


def unpacked(value: Any) -> Any:
    import numpy as np

    if not isinstance(value, dict):
        return value
    data = zlib.decompressobj().decompress(base64.b64decode(value["array"]), MOST_BYTES)
    return np.frombuffer(data, np.dtype(value["dtype"])).reshape(value["shape"]).copy()
