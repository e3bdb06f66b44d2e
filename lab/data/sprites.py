"""Objects of the Atari games, cut out of frames by their colours, made at first use and kept in the cache folder.

The console draws each object in one or a few of its 128 colours before a ground of few others, so that what hangs together
and is not ground is an object: a ship, a ghost, a car. Read first: `of_game`.
"""

import logging
from collections.abc import Iterator

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from lab.data.atari_frames import native_frames
from lab.data.cache import kept
from lab.data.catalogue import find
from lab.data.images import LabelledImages, Request
from lab.data.palette_masks import packed

log = logging.getLogger("lab.data")

SIDE = 24
FRAMES = 300
"""Of each game, from a player who acts at random."""
GROUND = 0.06
"""A colour that covers more than this share of a frame is ground."""
SMALLEST, FEWEST = 5, 20
"""Height and width in pixels, and pixels, below which an object is a dot or a dash."""
PLAIN = 0.9
"""What has one colour in more than this share of its box is a rectangle."""
MOST = 100
"""Sprites of a game, those first that are seen most often."""
ALIKE = 0.2
"""Two sprites are the same where less than this share of their pixels differs."""
VISIBLE = 60
"""Difference of colours, summed over red, green and blue, from which on they are two; also the darkest colour that is no ground."""
TEST = 5
"""Every fifth sprite of a game is for test."""
SCORE_ROWS, SCORE_HEIGHT = (32, 180), 10
"""Small objects of one colour above the first row or below the second are digits of the score."""
VERSION = 1
"""Raise it when other sprites are cut."""


def sprites(request: Request) -> LabelledImages:
    """(N, 3, 24, 24), centred before black; labels are the games. Of each game every fifth is for test."""
    games = find("sprites").classes

    def make() -> dict[str, Tensor]:
        log.info("cutting sprites out of %d games, once; this takes some minutes", len(games))
        games_sprites = []
        for number, game in enumerate(games, start=1):
            games_sprites.append(torch.from_numpy(of_game(game)))
            log.info("%s: %d sprites (game %d of %d)", game, len(games_sprites[-1]), number, len(games))
        labels = torch.arange(len(games)).repeat_interleave(torch.tensor([len(part) for part in games_sprites]))
        place = torch.cat([torch.arange(len(part)) for part in games_sprites])
        return {"images": torch.cat(games_sprites).permute(0, 3, 1, 2).contiguous(), "labels": labels, "place": place}

    stored = kept(f"atari/sprites-{SIDE}px-v{VERSION}.safetensors", make)
    wanted = (stored["place"] % TEST == TEST - 1) == (request.split == "test")
    return LabelledImages(stored["images"][wanted], stored["labels"][wanted], games)


def of_game(game: str, count: int = FRAMES) -> np.ndarray:
    """The sprites (N, 24, 24, 3) uint8 of `count` frames of a game, no two alike, the most frequent first."""
    frames = np.concatenate([np.stack(block) for block in native_frames(game, "train", count, "random", 0)])
    cut = list(objects(frames))
    return distinct(np.stack(cut)) if cut else np.zeros((0, SIDE, SIDE, 3), np.uint8)


def objects(frames: np.ndarray) -> Iterator[np.ndarray]:
    """What hangs together in frames (N, H, W, 3) and is neither ground, still nor score, each centred before black (24, 24, 3)."""
    codes = packed(frames)
    still = np.median(codes, axis=0)  # In most frames a pixel that never changes has this colour; other medians match nothing.
    for frame, code in zip(frames, codes, strict=True):
        colours, count = np.unique(code, return_counts=True)
        ground = np.isin(code, colours[count > GROUND * code.size]) | (frame.sum(2, dtype=np.int64) < VISIBLE)
        parts, _ = ndimage.label(~ground, np.ones((3, 3)))
        for number, (rows, columns) in enumerate(ndimage.find_objects(parts), start=1):
            height, width = rows.stop - rows.start, columns.stop - columns.start
            if not (SMALLEST <= height <= SIDE and SMALLEST - 1 <= width <= SIDE):
                continue
            mask = parts[rows, columns] == number
            inside = code[rows, columns][mask]
            if mask.sum() < FEWEST or (inside == still[rows, columns][mask]).mean() > 0.7:
                continue
            outer = rows.stop <= SCORE_ROWS[0] or rows.start >= SCORE_ROWS[1]
            if outer and height <= SCORE_HEIGHT and (inside == inside[0]).all():
                continue
            if np.unique(inside, return_counts=True)[1].max() > PLAIN * height * width:
                continue
            sprite = np.zeros((SIDE, SIDE, 3), np.uint8)
            top, left = (SIDE - height) // 2, (SIDE - width) // 2
            sprite[top : top + height, left : left + width][mask] = frame[rows, columns][mask]
            yield sprite


def distinct(sprites: np.ndarray, most: int = MOST) -> np.ndarray:
    """At most `most` of the sprites (N, S, S, 3), no two of them alike, the most frequent first."""
    _, first, count = np.unique(sprites.reshape(len(sprites), -1), axis=0, return_index=True, return_counts=True)
    chosen = np.zeros((0, *sprites.shape[1:]), np.int64)
    for index in first[np.lexsort((first, -count))]:
        sprite = sprites[index].astype(np.int64)
        either = chosen.any(3) | sprite.any(2)
        differs = np.abs(chosen - sprite).sum(3) > VISIBLE
        if ((differs & either).sum((1, 2)) >= ALIKE * either.sum((1, 2))).all():
            chosen = np.concatenate([chosen, sprite[None]])
            if len(chosen) == most:
                break
    return chosen.astype(np.uint8)
