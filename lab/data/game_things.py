"""Frames of Atari games with the thing that each pixel belongs to, and boxes around what moves: exact, free, for every game.

The console draws each thing in one or a few of its 128 colours and mostly in rows of its own, so `RULES` reads the label off a
frame at its own size. In a game without rules what differs from the still picture is a "moving thing". Train and test frames come
from different episodes.
"""

import logging
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lab.atari.games import check_game
from lab.data.atari_frames import native_frames
from lab.data.cache import kept
from lab.data.images import Request
from lab.data.palette_masks import packed
from lab.data.scenes import Scenes, boxes_of, instances, joined

log = logging.getLogger("lab.data")

HEIGHT, WIDTH = 210, 160
"""Every frame has this size: taller ones lose their lowest rows."""
APART = 24
"""Emulator frames (60 a second) between two that are kept, on average."""
VERSION = 2
"""Raise it when labels or boxes change."""
FLASH = 0.2
"""A class of all but some colours that covers more of a frame than this is no thing but another colour of the ground."""
BACKGROUND, MOVING = "background", "moving thing"
STUFF = ("wall", "brick", "shield", "score")
"""Classes without boxes: what stands still."""
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Rule:
    """Pixels of a class: those of `colours`, or of all but these where `others`, in rows and columns from first to last."""

    name: str
    colours: tuple[Colour, ...] = ()
    others: bool = False
    rows: tuple[int, int] = (0, HEIGHT)
    columns: tuple[int, int] = (0, WIDTH)
    heights: tuple[int, int] | None = None
    """The least and the largest height of what hangs together: a torpedo is flatter than the boat of its colour."""
    moves: bool = False
    """Only where the colour is not the one that the pixel has in most frames."""

    def mask(self, codes: np.ndarray) -> np.ndarray:
        """(N, H, W) bool of packed colours (N, H, W)."""
        wanted = [r << 16 | g << 8 | b for r, g, b in self.colours]
        inside = np.zeros(codes.shape, bool)
        rows, columns = slice(self.rows[0], self.rows[1] + 1), slice(self.columns[0], self.columns[1] + 1)
        part = codes[:, rows, columns]
        inside[:, rows, columns] = np.isin(part, wanted, invert=self.others)
        if self.moves:
            inside[:, rows, columns] &= part != np.median(part, axis=0)
        if self.others:  # The whole screen flashes when something is hit.
            inside[inside.mean((1, 2)) > FLASH] = False
        if self.heights is not None:
            for one in inside:
                for (top, left), shape in instances(one):
                    high, wide = shape.shape
                    if not self.heights[0] <= high <= self.heights[1]:
                        one[top : top + high, left : left + wide][shape] = False
        return inside


BLACK, WHITE, RED, GREY, YELLOW = (0, 0, 0), (236, 236, 236), (200, 72, 72), (142, 142, 142), (187, 187, 53)
RULES: dict[str, tuple[Rule, ...]] = {
    "pong": (
        Rule("score", ((92, 186, 92), (213, 130, 74)), rows=(0, 23)),
        Rule("wall", (WHITE,), rows=(24, 33)),
        Rule("wall", (WHITE,), rows=(194, 209)),
        Rule("player", ((92, 186, 92),)),
        Rule("opponent", ((213, 130, 74),)),
        Rule("ball", (WHITE,)),
    ),
    "breakout": (
        Rule("score", (GREY,), rows=(0, 16)),
        Rule("wall", (GREY,)),
        Rule("player", (RED,), rows=(189, 193), columns=(8, 151)),
        Rule("brick", (RED,), rows=(57, 62), columns=(8, 151)),
        Rule("ball", (RED,), rows=(32, 188), columns=(8, 151)),
        Rule("brick", (BLACK,), others=True, rows=(57, 92), columns=(8, 151)),
    ),
    "space_invaders": (
        Rule("score", (BLACK,), others=True, rows=(0, 20)),
        Rule("enemy", ((134, 134, 29), (151, 25, 122)), rows=(12, 184)),
        Rule("shield", ((181, 83, 40),), rows=(150, 180)),
        Rule("player", ((50, 132, 50), (162, 134, 56)), rows=(181, 194)),
        Rule("shot", (GREY,), rows=(21, 194)),
    ),
    "freeway": (
        Rule("score", ((228, 111, 111),), rows=(0, 14)),
        Rule("player", ((252, 252, 84),), rows=(100, 107), moves=True),
        Rule("player", ((252, 252, 84),), rows=(15, 99)),
        Rule("player", ((252, 252, 84),), rows=(108, 194)),
        Rule("enemy", (GREY, (170, 170, 170), (214, 214, 214), (252, 252, 84), BLACK), others=True, rows=(24, 183), columns=(8, 159)),
    ),
    "boxing": (
        Rule("score", ((214, 214, 214), BLACK), rows=(0, 15), columns=(8, 159)),
        Rule("score", ((20, 60, 0),)),
        Rule("player", ((214, 214, 214),)),
        Rule("opponent", (BLACK,), rows=(28, 186), columns=(26, 133)),
        Rule("wall", ((195, 144, 61),)),
    ),
    "seaquest": (
        Rule("player", (YELLOW,), rows=(40, 53), columns=(8, 159)),
        Rule("player", (YELLOW,), rows=(40, 152), columns=(8, 159), heights=(4, 40)),
        Rule("shot", (YELLOW, (66, 72, 200)), rows=(46, 152), columns=(8, 159), heights=(1, 3)),
        Rule("diver", ((66, 72, 200),), rows=(46, 152), columns=(8, 159)),
        Rule(
            "enemy", ((0, 28, 136), BLACK, (24, 59, 157), YELLOW, (66, 72, 200), WHITE, (117, 181, 239), (84, 138, 210)), others=True,
            rows=(50, 152), columns=(8, 159),
        ),
        Rule("score", ((210, 210, 64),), rows=(0, 30)),
    ),
    "ms_pacman": (
        Rule("wall", ((228, 111, 111),), rows=(0, 171)),
        Rule("player", ((210, 164, 74),), rows=(0, 171)),
        Rule("enemy", (RED, (180, 122, 48), (198, 89, 179), (84, 184, 153), (66, 114, 194)), rows=(0, 171)),
        Rule("score", ((195, 144, 61),), rows=(172, 209)),
    ),
    "demon_attack": (
        Rule("score", ((223, 183, 85),), rows=(0, 20)),
        Rule("player", ((184, 70, 162),), rows=(170, 186)),
        Rule("shot", ((212, 140, 252), (252, 144, 144)), rows=(20, 187)),
        Rule("enemy", (BLACK, (170, 170, 170)), others=True, rows=(30, 150)),
    ),
}  # fmt: skip


def class_names(games: str) -> tuple[str, ...]:
    """The classes of games, separated by commas: the background first, then in the order of the alphabet."""
    names = {rule.name for game in games.split(",") for rule in RULES.get(game, (Rule(MOVING),))}
    return (BACKGROUND, *sorted(names))


def game_things(request: Request) -> Scenes:
    """Frames (N, 3, 210, 160), the classes those of all games together, the groups the games."""
    games = [check_game(game) for game in request.games]
    classes = class_names(",".join(games))
    return joined([of_game(game, classes, request) for game in games], tuple(games))


def of_game(game: str, classes: tuple[str, ...], request: Request) -> Scenes:
    """The scenes of one game, from the cache or recorded now."""
    r = request
    count = r.frames if r.split == "train" else max(1, r.frames // 5)
    names = class_names(game)

    def record() -> dict[str, Tensor]:
        log.info("playing %s for %d frames", game, count)
        frames = np.concatenate([np.stack(block) for block in native_frames(game, r.split, count, r.player, r.seed, APART)])
        frames = sized(frames)
        maps = labels_of(game, frames)
        return {"images": torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous(), "maps": torch.from_numpy(maps)}

    stored = kept(f"atari/{game}-things-{r.player}-{r.split}-{count}-s{r.seed}-v{VERSION}.safetensors", record)
    place = torch.tensor([classes.index(name) for name in names], dtype=torch.uint8)
    maps = place[stored["maps"].int()]
    things = tuple(i for i, name in enumerate(classes) if i and name not in STUFF)
    return Scenes(stored["images"], maps, classes, [boxes_of(one, things) for one in maps.numpy()], things)


def labels_of(game: str, frames: np.ndarray) -> np.ndarray:
    """(N, H, W) uint8, the place in `class_names(game)`, of frames (N, H, W, 3) of one episode or more."""
    codes = packed(frames)
    names = class_names(game)
    labels = np.zeros(codes.shape, np.uint8)
    if game not in RULES:
        labels[codes != np.median(codes, axis=0)] = names.index(MOVING)
        return labels
    for rule in reversed(RULES[game]):  # The first rule that a pixel fits is the last to write.
        labels[rule.mask(codes)] = names.index(rule.name)
    return labels


def sized(frames: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) cut at the bottom, or filled up with black, to the common height."""
    missing = max(0, HEIGHT - frames.shape[1])
    return np.ascontiguousarray(np.pad(frames, ((0, 0), (0, missing), (0, 0), (0, 0)))[:, :HEIGHT])
