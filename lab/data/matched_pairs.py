"""Which files of two folders are pairs: those at the same place below each. Imports no torch."""

from pathlib import Path

from lab.data.catalogue import readable
from lab.data.encoding import composed
from lab.data.image_files import image_files, listed
from lab.errors import LabError


def matched(a: Path, b: Path) -> list[tuple[Path, Path]]:
    """The pairs of two folders: files at the same place below each, endings aside. Raises LabError that names those without a partner."""
    sides = [{file.relative_to(folder): file for file in image_files(folder)} for folder in (a, b)]
    by_place = [grouped(side) for side in sides]
    pairs, alone = [], []
    for place in sorted(set(by_place[0]) | set(by_place[1])):
        ours, theirs = (side.get(place, []) for side in by_place)
        if len(ours) == len(theirs) == 1:
            pairs.append((a / ours[0], b / theirs[0]))
            continue
        if not ours or not theirs:
            alone += [f"{readable(name)} only in {readable(folder)}" for names, folder in ((ours, a), (theirs, b)) for name in names]
            continue
        if set(map(by_name, ours)) != set(map(by_name, theirs)):
            raise LabError(
                f"The pairs of {readable(place)} are not clear: {listed(map(readable, ours))} in {readable(a)}, {listed(map(readable, theirs))} "
                f"in {readable(b)}. Give every pair a name of its own."
            )
        pairs += [
            (a / ours_name, b / theirs_name)
            for ours_name, theirs_name in zip(sorted(ours, key=by_name), sorted(theirs, key=by_name), strict=True)
        ]
    if alone:
        raise LabError(
            f"Pairs need the same names in both folders: {readable(a)} has {len(sides[0])} images and {readable(b)} has {len(sides[1])}, "
            f"with {listed(alone)}. Add or remove files until both hold the same names."
        )
    return pairs


def by_name(name: Path) -> str:
    return composed(str(name))


def grouped(side: dict[Path, Path]) -> dict[Path, list[Path]]:
    """Relative paths by relative path without its ending; however the file system stores accents."""
    by_stem: dict[Path, list[Path]] = {}
    for name in sorted(side):
        by_stem.setdefault(Path(composed(str(name.with_suffix("")))), []).append(name)
    return by_stem
