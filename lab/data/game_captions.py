"""Frames of Atari games with captions whose every fact is known: from the label map of the frame, the score and the lives.

A caption is a row of parts, each of which says one fact or two; `facts` reads them back from any caption, also from a wrong one. Pong and Breakout have
captions of their own, the other games of `lab.data.game_things.RULES` say where the player is and how much there is of each thing.
"""

import logging
import re

import numpy as np
import torch
from torch import Tensor

from lab.atari.games import check_game
from lab.atari.player import Player
from lab.data.cache import kept
from lab.data.captions import Captions, from_tensor, to_tensor
from lab.data.game_things import HEIGHT, WIDTH, class_names, labels_of, sized
from lab.data.images import Request
from lab.data.scenes import boxes_of
from lab.data.words import SPECIALS, Vocabulary
from lab.stored_runs import agent_for

log = logging.getLogger("lab.data")

APART = 16
"""Emulator frames (60 a second) between two that are kept, on average."""
VERSION = 1
"""Raise it when captions change."""
EPSILONS = (0.05, 0.4, 1.0)
"""The share of random decisions of one episode after another: played well, worse and at random, games have other scores."""
LONGEST = 9_000
"""Emulator frames of an episode after which the next begins."""
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels."""

FIELD = (34, 194)
"""In Pong, the first row of the field and the first below it."""
PATTERNS: dict[str, str] = {
    "game": r"^(\w+(?: \w+)?):",
    "ball's side": r"ball is on the (left|right)",
    "ball and player": r"(above|level with|below) the player",
    "ball and paddle": r"ball is (left of|over|right of) the paddle",
    "ball's height": r"paddle and (high|low)",
    "no ball": r"there is no (ball)",
    "player": r"(?:player|paddle) is (?:at|on|in) the (\w+(?: \w+)?)",
    "no player": r"there is no (player)",
    "opponent": r"opponent is (?:at|in) the (\w+)",
    "score": r"score (\d+)",
    "to": r"score \d+ to (\d+)",
    "lives": r"(\d+) lives?",
    "enemies": r"(\d+|no) enem(?:y|ies)",
    "shots": r"(\d+|no) shots?",
    "divers": r"(\d+|no) divers?",
}
"""What finds each fact in a caption."""

SAYS = """there is no ball player the is on at in left right top middle bottom centre above level with below of over paddle and high low opponent
score to life lives no enemy enemies shot shots diver divers 0 1 2 3 4 5 6 7 8 9 , :"""
"""Every token of captions but the games' names."""


def vocabulary(games: str) -> Vocabulary:
    """The tokens of the captions of games, separated by commas."""
    return Vocabulary.from_names(dict.fromkeys((*SPECIALS, *SAYS.split(), *games.replace("_", " ").replace(",", " ").split())))


def facts(caption: str) -> dict[str, str]:
    """The facts that a caption states, each under its name."""
    matches = {name: re.search(pattern, caption) for name, pattern in PATTERNS.items()}
    return {name: match.group(1) for name, match in matches.items() if match}


def right(made: str, truth: str) -> tuple[int, int]:
    """How many facts of the true caption the made one states as it does, and how many there are."""
    wanted, said = facts(truth), facts(made)
    return sum(said.get(name) == value for name, value in wanted.items()), len(wanted)


def caption(game: str, labels: np.ndarray, score: float, lives: int, against: int = 0) -> str:
    """The caption of a label map (H, W) of `labels_of`; in Pong the player has `score` points and the opponent `against`."""
    names = class_names(game)
    boxes: dict[str, list[Box]] = {name: [] for name in names}
    for kind, *box in boxes_of(labels, range(1, len(names))).tolist():
        boxes[names[int(kind)]].append(tuple(box))
    title = game.replace("_", " ")
    if game == "pong":
        return f"{title}: {', '.join([pong_ball(boxes), *pong_sides(boxes), f'score {against} to {int(score)}'])}"
    if game == "breakout":
        return (
            f"{title}: {', '.join([breakout_ball(boxes), *breakout_paddle(boxes), f'score {int(score)}', counted(lives, 'life', 'lives')])}"
        )
    things = (("enemy", "enemies"), ("shot", "shots"), ("diver", "divers"))
    counts = [counted(len(boxes[one]), one, many) for one, many in things if one in boxes]
    player = largest(boxes["player"])
    where = f"the player is at the {ninth(player)}" if player else "there is no player"
    return f"{title}: {', '.join([where, *counts])}"


def counted(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}" if many != "lives" else f"{number} {one if number == 1 else many}"


def largest(boxes: list[Box]) -> Box | None:
    return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


def middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def third(place: float, low: float, high: float, names: tuple[str, str, str]) -> str:
    """In which third of low to high a place lies."""
    return names[min(2, max(0, int(3 * (place - low) / (high - low))))]


def ninth(box: Box) -> str:
    x, y = middle(box)
    place = f"{third(y, 0, HEIGHT, ('top', 'middle', 'bottom'))} {third(x, 0, WIDTH, ('left', 'centre', 'right'))}"
    return "centre" if place == "middle centre" else place


def pong_ball(boxes: dict[str, list[Box]]) -> str:
    ball, player = largest(boxes["ball"]), largest(boxes["player"])
    if ball is None:
        return "there is no ball"
    side = "left" if middle(ball)[0] < WIDTH / 2 else "right"
    if player is None:
        return f"the ball is on the {side}"
    y = middle(ball)[1]
    height = "above" if y < player[1] else "below" if y > player[3] else "level with"
    return f"the ball is on the {side} and {height} the player"


def pong_sides(boxes: dict[str, list[Box]]) -> list[str]:
    names = [(name, largest(boxes[name])) for name in ("player", "opponent")]
    return [
        f"the {name} is {third(middle(box)[1], *FIELD, ('at the top', 'in the middle', 'at the bottom'))}" for name, box in names if box
    ]


def breakout_ball(boxes: dict[str, list[Box]]) -> str:
    ball, paddle = largest(boxes["ball"]), largest(boxes["player"])
    if ball is None or paddle is None:
        return "there is no ball"
    x, y = middle(ball)
    side = "left of" if x < paddle[0] else "right of" if x > paddle[2] else "over"
    return f"the ball is {side} the paddle and {'high' if y < 125 else 'low'}"


def breakout_paddle(boxes: dict[str, list[Box]]) -> list[str]:
    paddle = largest(boxes["player"])
    return [f"the paddle is {third(middle(paddle)[0], 8, 152, ('on the left', 'in the middle', 'on the right'))}"] if paddle else []


# -- recording -------------------------------------------------------------------------------------------------------


def game_captions(request: Request) -> Captions:
    """Pictures (N, 3, 105, 80) and their captions, the games one after another. Train and test frames are of different episodes."""
    parts = [of_game(check_game(game), request) for game in request.games]
    return Captions(torch.cat([images for images, _ in parts]), [text for _, texts in parts for text in texts])


def of_game(game: str, request: Request) -> tuple[Tensor, list[str]]:
    """The pictures of one game, from the cache or recorded now."""
    r = request
    count = r.frames if r.split == "train" else max(1, r.frames // 5)

    def record() -> dict[str, Tensor]:
        log.info("playing %s for %d frames", game, count)
        frames, states = played(game, r.split == "train", count, r.player, r.seed)
        labels = labels_of(game, frames)
        texts = [caption(game, one, *state) for one, state in zip(labels, states, strict=True)]
        return {"images": small(frames), "captions": to_tensor(texts)}

    stored = kept(f"atari/{game}-captions-{r.player}-{r.split}-{count}-s{r.seed}-v{VERSION}.safetensors", record)
    return stored["images"], from_tensor(stored["captions"])


def small(frames: np.ndarray) -> Tensor:
    """(N, 3, 105, 80) uint8 of frames (N, 210, 160, 3): means of two by two pixels."""
    n = len(frames)
    means = frames.reshape(n, HEIGHT // 2, 2, WIDTH // 2, 2, 3).astype(np.uint16).sum((2, 4)) // 4
    return torch.from_numpy(means.astype(np.uint8)).permute(0, 3, 1, 2).contiguous()


def played(game: str, train: bool, count: int, player: str, seed: int) -> tuple[np.ndarray, list[tuple[float, int, int]]]:
    """`count` frames (N, 210, 160, 3), and of each the player's points, the lives and the opponent's points, counted from the rewards."""
    net, crop = agent_for(game) if player == "agents" else (None, "0,0")
    seeds = np.random.SeedSequence([seed, 0 if train else 1])
    source = Player(game, seed=int(seeds.generate_state(1)[0] >> 1), epsilon=1.0 if net is None else EPSILONS[0], crop=crop)
    rng = np.random.default_rng(seeds.spawn(1)[0])
    frames: list[np.ndarray] = []
    states: list[tuple[float, int, int]] = []
    episode, won, lost = 0, 0.0, 0.0
    while len(frames) < count:
        for _ in range(int(rng.integers(1, 2 * APART))):
            frame = source.tick(None if source.epsilon == 1.0 else net)
            won, lost = won + max(0.0, frame.reward), lost - min(0.0, frame.reward)
            if frame.over:
                break
        if frame.over or frame.frames > LONGEST:
            episode, won, lost = episode + 1, 0.0, 0.0
            source.epsilon = 1.0 if net is None else EPSILONS[episode % len(EPSILONS)]
            source.reset()
            continue
        frames.append(frame.pixels)
        states.append((won, frame.lives, int(lost)))
        if len(frames) % 256 == 0:
            log.info("%s: %d of %d frames", game, len(frames), count)
    return sized(np.stack(frames)), states
