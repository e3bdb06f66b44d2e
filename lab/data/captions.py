"""Pictures with a caption each: frames of games, or a person's own folder with a file of captions.

A data set's loader takes a `Request` and gives `Captions`. Read first: `Captions`; then `lab.data.game_captions`.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lab.data import catalogue
from lab.data.catalogue import paths, readable
from lab.data.file_hashes import file_hash
from lab.data.image_files import listed
from lab.data.image_reader import read_square, survey
from lab.data.image_records import span_in
from lab.data.images import Request, Split
from lab.data.record import Record, of_content, rules_of
from lab.data.tsv import read_rows
from lab.data.words import Vocabulary, words
from lab.errors import LabError
from lab.registry import load

FILE = "captions.tsv"
"""In a person's folder: on each line the name of an image file, a tab, its caption."""
SIZE = 96


@dataclass(frozen=True)
class Captions:
    """images (N, 3, H, W) uint8 on the processor, and the caption of each."""

    images: Tensor
    texts: list[str]

    def __len__(self) -> int:
        return len(self.texts)


def load_captions(data: str, split: Split, *, games: str, **settings: object) -> Captions:
    """The `split`, "train" or "test", of a data set. Raises UsageError for an unknown name, LabError where the data cannot be had."""
    catalogue.check_there(data)
    request = Request(data, split, games=tuple(games.split(",")), **settings)  # type: ignore[arg-type]
    return load(catalogue.loader(data, "captioned images"))(request)


def captioned_rows(folder: Path) -> list[tuple[Path, str]]:
    """(image file, caption) of every line of a folder's captions. Raises LabError where the file, an image or a caption is missing."""
    file = folder / FILE
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise LabError(
            f"{readable(folder)} has no {FILE}: put it beside the images, with the name of an image file, a tab and its caption on each line."
        ) from None
    except OSError as error:
        raise LabError(f"{readable(file)} cannot be read ({error.strerror}).") from None
    rows = [(picture(folder, name), text) for name, text in read_rows(raw, readable(file), "pairs").rows]
    if len(rows) > 1 and not rows[0][0].is_file() and not rows[0][0].suffix and rows[1][0].is_file():
        del rows[0]  # It names the columns.
    missing = [path.name for path, _ in rows if not path.is_file()]
    if missing:
        raise LabError(f"{readable(file)} names {listed(missing)}, which {'is' if len(missing) == 1 else 'are'} not in {readable(folder)}.")
    if len(rows) < 10:
        raise LabError(f"{readable(file)} has {len(rows)} captions; at least 10 are needed, of which every fifth is held out.")
    if (count := len({path for path, _ in rows})) < 5:
        raise LabError(f"{readable(file)} names {count} pictures; at least 5 are needed, of which every fifth is held out.")
    return rows


def picture(folder: Path, name: str) -> Path:
    """The file that a line of captions names, however its accents are stored and whichever slash stands between folders."""
    plain = folder / name.replace("\\", "/")
    forms = (folder / name, plain, *(Path(unicodedata.normalize(form, str(plain))) for form in ("NFC", "NFD")))
    return next((path for path in forms if path.is_file()), folder / name)


def own_captions(request: Request) -> Captions:
    """folder:PATH with `captions.tsv`: each picture cut to its central square; every fifth one, with all its captions, is for test."""
    rows = captioned_rows(paths(request.data)[0])
    order = {path: i for i, path in enumerate(dict.fromkeys(path for path, _ in rows))}
    chosen = [(path, text) for path, text in rows if (order[path] % 5 == 4) == (request.split == "test")]
    size = request.size or SIZE
    span = span_in(request.remembered) if request.remembered else survey(order, request.ground).span
    pixels = {path: read_square(path, size, ground=request.ground, span=span) for path in dict.fromkeys(path for path, _ in chosen)}
    images = torch.from_numpy(np.stack([pixels[path] for path, _ in chosen])).permute(0, 3, 1, 2).contiguous()
    return Captions(images, [text for _, text in chosen])


def own_record(data: str, least: int, stored: Record | None, ground: str = "white") -> Record:
    """What a run remembers of its folder: the lines of the captions, and the tokens that occur at least `least` times in those of training."""
    rows = captioned_rows(paths(data)[0])
    rules = rules_of(True, stored)
    files = dict.fromkeys(path for path, _ in rows)
    held = {path: f"\t{file_hash(path)}" if rules > 2 else "" for path in files}
    content = [f"{path.name}\t{text}{held[path]}" for path, text in rows]
    record = {"data": data, **of_content(content, "captions", stored), "rules": rules, "assumed": []}
    surveyed = survey(files, ground) if stored is None else None
    if surveyed is not None:
        record["assumed"] = [*surveyed.notes, f"Every fifth of {len(files):,} pictures is held out for test."]
        if surveyed.span is not None:
            record["values"] = [surveyed.span.low, surveyed.span.high]
    elif stored and "values" in stored:
        record["values"] = stored["values"]
    names = Vocabulary.of((tokens_of(text) for _, text in rows), least).as_remembered(stored, "vocabulary").names
    return {**record, "vocabulary": list(names)}


def tokens_of(text: str) -> list[str]:
    """Words, marks and single digits, in lower case."""
    return [token for word in words(text) for token in (word if word.isdigit() else [word])]


def joined(tokens: list[str]) -> str:
    """The text of tokens: digits together, no space before a mark."""
    return re.sub(r"(?<=\d) (?=\d)| (?=[,.:;!?])", "", " ".join(tokens))


def to_tensor(texts: list[str]) -> Tensor:
    """Texts without line ends as one row of bytes."""
    return torch.tensor(list("\n".join(texts).encode()), dtype=torch.uint8)


def from_tensor(stored: Tensor) -> list[str]:
    return bytes(stored.tolist()).decode().split("\n")
