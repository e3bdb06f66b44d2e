"""The cache folder, and tensors that are made once and kept in it."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.errors import LabError
from lab.paths import expanded

log = logging.getLogger("lab.data")


def cache() -> Path:
    """Where downloads and recorded frames are kept: `$LAB_DATA`, or the user's cache folder."""
    given = os.environ.get("LAB_DATA")
    if given:
        return expanded(given)
    import pooch

    return Path(pooch.os_cache("lab"))


def kept(name: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors in `name` below the cache folder, made and kept there at the first call. Raises LabError where the file is damaged."""
    file = cache() / name
    if file.exists():
        try:
            return load_file(file)
        except (OSError, SafetensorError) as error:
            raise LabError(f"{file} cannot be read ({error}). Delete it and try again.") from None
    made = make()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        save_file(made, temporary)
        temporary.replace(file)
    except (OSError, SafetensorError) as error:
        log.warning("%s could not be kept (%s); it is made again next time", file, error)
    return made
