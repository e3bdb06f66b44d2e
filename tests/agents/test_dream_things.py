"""Things in a dream: told by colour and place, and compared with the emulator's."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from agents.dream_config import DreamConfig
from agents.dream_data import class_table, collected, palette_of
from agents.dream_things import THINGS, Places, after_keys, follows_key, of_bricks, place_of
from lab.atari.games import action_names
from models.dream_unet import Predicted
from tests.agents.test_dream import TINY, play_of

BREAKOUT: dict[str, Any] = {"game": "breakout", "source": "random", "size": 80}
PALETTE = [0, 6, 70, 54, 38, 22, 198, 134]
RED = 2


def test_a_things_place_is_the_mean_of_its_pixels() -> None:
    mask = torch.zeros(1, 2, 8, 8)
    mask[0, 0, 2:4, 5] = 1
    places = place_of(mask == 1, 0)
    assert places[0, 0] == 2.5
    assert places[0, 1].isnan()
    assert place_of(mask == 1, 1)[0, 0] == 5


def breakout() -> Tensor:
    """A court of Breakout (1, 1, 80, 80): walls, all bricks, the paddle at columns 30 to 37 and a ball at (40, 20)."""
    frame = torch.zeros(1, 1, 80, 80, dtype=torch.uint8)
    frame[..., :4] = frame[..., 76:] = 1
    for r in range(6):
        frame[..., (23 + 6 * r) // 2 : (29 + 6 * r) // 2, 4:76] = RED + r
    frame[..., 78:80, 30:38] = RED
    frame[..., 40:42, 20] = RED
    return frame


def test_ball_and_paddle_of_one_colour_are_told_by_their_place() -> None:
    at = Places(THINGS["breakout"], PALETTE, DreamConfig.parse(BREAKOUT))
    frame = breakout()
    assert at.ball(frame)[0, 0].nonzero().tolist() == [[40, 20], [41, 20]]
    assert at.paddle(frame).item() == 2 * 33.5
    assert at.centre(frame)[0, 0].tolist() == [2 * 40.5, 2 * 20]


def test_a_brick_is_there_where_most_of_it_is_and_a_ball_is_none() -> None:
    at = Places(THINGS["breakout"], PALETTE, DreamConfig.parse(BREAKOUT))
    frame = breakout()
    assert at.bricks(frame).all()
    frame[..., 11:14, 4:8] = 0
    frame[..., 12, 5] = RED
    assert (~at.bricks(frame))[0, 0].nonzero().tolist() == [[0, 0]]


def test_bricks_that_come_back_and_points_that_are_not_given_are_told() -> None:
    """Three dreams of two steps: a brick goes and a point comes; it comes back; it goes, and no point comes."""
    whole = breakout()[0, 0]
    broken = whole.clone()
    broken[11:14, 4:8] = 0
    dreamt = torch.stack([torch.stack(each) for each in ([broken, broken], [broken, whole], [broken, broken])])
    play = replace(play_of([9], 80), frames=whole.expand(10, 80, 80), rewards=torch.tensor([0.0, 7.0] + [0.0] * 8))
    net = nn.Module()
    net.palette, net.rewards = torch.tensor(PALETTE, dtype=torch.uint8), torch.tensor([-1.0, 0.0, 4.0])
    signs = torch.tensor([[1, 0], [1, 0], [0, 0]])
    figures = of_bricks(net, DreamConfig.parse(BREAKOUT), play, torch.zeros(3, dtype=torch.int64), dreamt, signs)
    assert figures["bricks_stay_gone"] == torch.tensor(2 / 3).item()
    assert figures["score_direction"] == torch.tensor(2 / 3).item()
    assert figures["bricks_and_score"] == torch.tensor(1 / 3).item()


def test_keys_are_tried_in_the_emulator_from_any_row_of_the_play() -> None:
    """Where an action was held for three steps in the play, trying it from there gives the frame that the play has."""
    config = DreamConfig.parse(TINY)
    recorded = collected(config, "held out")
    play, table = recorded.play, class_table(recorded.palette.numpy())
    starts = play.starts(3)
    held = starts[(play.actions[starts] == play.actions[starts + 1]) & (play.actions[starts] == play.actions[starts + 2])][-20:]
    assert len(held) > 5
    shown = after_keys(config, play, held, list(range(6)), table)
    for i, row in enumerate(held.tolist()):
        assert torch.equal(shown[i, play.actions[row]], play.frames[row + 3])


def test_a_dream_that_moves_the_paddle_as_the_emulator_does_follows_the_key() -> None:
    """Networks that move Pong's paddle up for RIGHT and down for LEFT, or the other way round."""
    config = DreamConfig.parse({**TINY, "size": 80})
    recorded = collected(config, "held out")
    names, paddle = action_names("pong"), recorded.palette.tolist().index(200)

    class Paddle(nn.Module):
        history, colours = 4, 8

        def __init__(self, way: int):
            super().__init__()
            self.way, self.palette, self.rewards = way, recorded.palette, recorded.means

        def forward(self, frames: Tensor, actions: Tensor, clock: Tensor, guess: Tensor, revealed: Tensor) -> Predicted:
            sign = (actions[:, -1] == names.index("LEFT")).int() - (actions[:, -1] == names.index("RIGHT")).int()
            logits = torch.zeros(len(frames), 8, 80, 80)
            for i, moved in enumerate(sign.tolist()):
                top = 35 + 5 * moved * self.way
                logits[i, paddle, top : top + 8, 70] = 9.0
                logits[i, 0] = 5.0
            return Predicted(logits, torch.zeros(len(frames), 3), torch.zeros(len(frames)))

    rows = recorded.play.starts(3)[:10]
    for way, share in ((1, 1.0), (-1, 0.0)):
        net = Paddle(way)
        at = Places(THINGS["pong"], recorded.palette.tolist(), config)
        assert follows_key(at, net, config, recorded.play, rows) == share


def test_breakouts_things_are_in_the_palette_that_is_read_off_the_game() -> None:
    numbers, _ = palette_of(DreamConfig.parse(BREAKOUT), None, "0,0")
    assert set(PALETTE) == set(numbers.tolist())
