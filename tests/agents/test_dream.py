"""A dream: its data, its network, its own frames in training, its figures and views."""

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents.dream import Dream, frame_loss, outcome_losses
from agents.dream_config import DreamConfig
from agents.dream_data import Play, class_table, collected
from agents.dream_play import SideBySide
from agents.dream_scores import of_rewards
from agents.dream_world import World
from lab.api import train
from lab.atari.preprocessing import observed
from lab.cli import main
from lab.errors import LabError, UsageError
from models.dream_unet import CLOCK, PHASES, DreamUNet, Overview, Predicted, a_step_later, draw, likeliest
from models.q_network import QNetwork

TINY: dict[str, Any] = {
    "game": "pong",
    "source": "random",
    "frames": 128,
    "size": 16,
    "features": 8,
    "overview": 8,
    "batch_size": 4,
    "horizon": 2,
    "horizon_steps": 1,
}
CPU = torch.device("cpu")


def play_of(lengths: list[int], size: int = 16) -> Play:
    """Episodes of so many steps; a row's frame is filled with its number, and its action is that number as well."""
    age = torch.cat([torch.arange(n + 1) for n in lengths])
    rows = len(age)
    number = torch.arange(rows)
    played = torch.cat([torch.arange(n + 1) < n for n in lengths])
    frames = number.to(torch.uint8)[:, None, None].expand(rows, size, size).contiguous()
    nothing = torch.zeros(rows)
    return Play(frames, number.clone(), nothing.clone(), nothing.bool(), played, age, age.clone())


def test_histories_never_cross_an_episode() -> None:
    play = play_of([3, 5])  # rows 0 to 3, and 4 to 9
    assert play.history(torch.tensor([3, 4, 5, 9]), 4).tolist() == [[0, 1, 2, 3], [4, 4, 4, 4], [4, 4, 4, 5], [6, 7, 8, 9]]
    assert play.done(torch.tensor([5, 9]), 4).tolist() == [[0, 0, 4, 5], [6, 7, 8, 9]]


def test_windows_never_cross_an_episode() -> None:
    play = play_of([3, 5])
    assert play.starts().tolist() == [0, 1, 2, 4, 5, 6, 7, 8]
    assert play.starts(steps=3).tolist() == [0, 4, 5, 6]
    assert play.starts(steps=3, past=2).tolist() == [6]
    for start in play.starts(steps=3).tolist():
        assert play.age[start : start + 4].tolist() == list(range(int(play.age[start]), int(play.age[start]) + 4))


def test_a_colour_that_the_palette_lacks_counts_as_the_nearest() -> None:
    table = class_table(np.array([0x00, 0x0E, 0xC8, 255], np.uint8))  # black, white, a green; one place is unused
    assert [int(table[number]) for number in (0x00, 0x0E, 0xC8, 0xCA, 0x0C, 0x02)] == [0, 1, 2, 2, 1, 0]
    assert int(table.max()) == 2


@pytest.fixture(scope="module")
def recorded() -> Play:
    return collected(DreamConfig.parse(TINY), "train").play


def test_what_was_played_is_kept_whole(recorded: Play) -> None:
    assert recorded.frames.shape[1:] == (16, 16)
    assert all(len(getattr(recorded, field.name)) == len(recorded.frames) for field in fields(Play))
    assert int(recorded.played.sum()) == 128
    assert (recorded.age == 0).sum() == (~recorded.played).sum()


def test_parts_of_the_play_are_of_different_episodes(recorded: Play) -> None:
    other = collected(DreamConfig.parse(TINY), "held out").play
    assert not torch.equal(recorded.actions[:50], other.actions[:50])


def test_a_source_that_plays_another_game_is_refused() -> None:
    with pytest.raises(UsageError, match="plays pong, not breakout"):
        collected(DreamConfig.parse({**TINY, "game": "breakout", "source": "pong"}), "views")


@pytest.fixture(scope="module")
def net() -> DreamUNet:
    torch.manual_seed(0)
    net = DreamUNet(actions=6, colours=4, features=8)
    nn.init.normal_(net.out.weight, std=0.3)
    for block in [*net.down, *net.middle, *net.up]:
        nn.init.normal_(block.conv2.weight, std=0.1)  # type: ignore[union-attr,arg-type]
    return net.eval()


def asked(net: DreamUNet, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    frames = torch.randint(4, (2, net.history, 16, 16), generator=rng, dtype=torch.uint8)
    return frames, torch.zeros(2, net.history, dtype=torch.int64), torch.zeros(2, dtype=torch.int64)


def test_the_action_changes_what_comes_next(net: DreamUNet) -> None:
    frames, actions, clock = asked(net)
    guess, share = torch.full((2, 16, 16), 4, dtype=torch.uint8), torch.zeros(2)
    other = actions.clone()
    other[:, -1] = 2
    with torch.no_grad():
        one, two = (net(frames, taken, clock, guess, share).frame for taken in (actions, other))
        long = net(frames, actions, clock + 15, guess, share).frame
    assert not torch.equal(one, two)
    assert not torch.equal(one, long)


def test_the_phase_changes_what_comes_next_and_stays_in_an_episode(net: DreamUNet) -> None:
    torch.manual_seed(0)
    told = DreamUNet(actions=6, colours=4, features=8, phase=True).eval()
    missing, _ = told.load_state_dict(net.state_dict(), strict=False)
    assert missing == ["phase.weight"]
    frames, actions, clock = asked(net)
    guess, share = torch.full((2, 16, 16), 4, dtype=torch.uint8), torch.zeros(2)
    with torch.no_grad():
        even, odd = (told(frames, actions, clock + CLOCK * phase, guess, share).frame for phase in (2, 3))
    assert not torch.equal(even, odd)
    clocks = torch.tensor([3 * CLOCK + 5, 2 * CLOCK + CLOCK - 1, CLOCK + 7])
    later = a_step_later(clocks, torch.tensor([False, False, True]))
    assert later.tolist() == [3 * CLOCK + 6, 2 * CLOCK + CLOCK - 1, CLOCK]


def test_a_dream_that_is_told_the_phase_has_it_from_the_emulator(recorded: Play, both: SideBySide) -> None:
    untold = collected(DreamConfig.parse(TINY | {"phase": False}), "train").play
    assert torch.equal(untold.frames, recorded.frames)
    assert torch.equal(untold.clock, recorded.clock % CLOCK)
    phases = recorded.clock // CLOCK
    first = torch.cumsum((recorded.age == 0).long(), 0)
    assert all(len(phases[first == episode].unique()) == 1 for episode in first.unique())
    both.reset()
    frames = both.player.ale.getEpisodeFrameNumber() - 4 * len(both.player.decided)
    assert int(both.world.clock) // CLOCK == frames % PHASES


def test_a_network_that_has_learned_nothing_copies_the_last_frame() -> None:
    net = DreamUNet(actions=6, colours=4, features=8, size=16, overview=8).eval()
    frames, actions, clock = asked(net)
    assert torch.equal(draw(net, frames, actions, clock)[0], frames[:, -1])


def test_dense_layers_bring_what_is_far_away() -> None:
    torch.manual_seed(0)
    layers = Overview(channels=4, side=10, condition=6, width=8)
    nn.init.normal_(layers.leave.weight)
    maps, actions = torch.zeros(2, 4, 10, 10), torch.zeros(2, 6)
    maps[1, :, 9, 9] = 1.0
    with torch.no_grad():
        one, other = layers(maps, actions)
        pressed = layers(maps, actions + 1)[0]
    assert not torch.equal(one[:, 0, 0], other[:, 0, 0])
    assert not torch.equal(one, pressed)


def test_drawing_is_deterministic_for_a_seed(net: DreamUNet) -> None:
    frames, actions, clock = asked(net)

    def drawn(seed: int) -> Tensor:
        return draw(net, frames, actions, clock, steps=3, temperature=1.0, generator=torch.Generator().manual_seed(seed))[0]

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    assert drawn(1).max() < 4


def test_a_ball_that_may_be_in_two_places_is_drawn_in_the_likelier() -> None:
    """One pixel of 64 is ball, at (1, 1) with probability 0.45, at (1, 2) with 0.35 and at (5, 5) with 0.2: nowhere likelier than ground."""
    ball = torch.zeros(8, 8)
    ball[1, 1], ball[1, 2], ball[5, 5] = 0.45, 0.35, 0.2
    frame = likeliest(torch.stack([1 - ball, ball]).clamp(min=1e-6).log()[None])
    assert frame[0].nonzero().tolist() == [[1, 1]]
    third, tenth = (likeliest(torch.stack([1 - ball / k, ball / k]).clamp(min=1e-6).log()[None]) for k in (3, 10))
    # The ground is expected in all of the pixels in doubt, and gives way: the ball would not come back.
    assert third[0].nonzero().tolist() == [[1, 1]]
    assert not tenth.any()


def test_training_can_begin_from_another_dream(dream: Dream, tmp_path: Path) -> None:
    first = train("dream", steps=2, run=tmp_path / "first", device="cpu", quiet=True, **TINY)
    still = {"begin_from": str(first.path), "learning_rate": 1e-12}
    second = Dream(DreamConfig.parse(TINY | still), CPU)
    second.step()
    theirs = first.experiment("cpu").net.weights  # type: ignore[attr-defined]
    average = first.experiment("cpu").average.weights  # type: ignore[attr-defined]
    assert not torch.allclose(second.net.weights, theirs, atol=1e-6)  # The averaged weights are what a dream is drawn with.
    assert torch.allclose(second.net.weights, average, atol=1e-6)
    untold = train("dream", steps=1, run=tmp_path / "untold", device="cpu", quiet=True, **TINY, phase=False)
    third = Dream(DreamConfig.parse(TINY | {"begin_from": str(untold.path), "learning_rate": 1e-12}), CPU)
    third.step()
    assert third.net.master.phase.weight.abs().max() < 1e-6  # type: ignore[union-attr,operator]
    with pytest.raises(UsageError, match="Give --phase"):
        Dream(DreamConfig.parse(TINY | {"phase": False} | still), CPU).step()
    with pytest.raises(UsageError, match="is a dream with game, family"):
        Dream(DreamConfig.parse(TINY | {"features": 16} | still), CPU).step()


def test_pixels_that_change_weigh_more() -> None:
    """Two hidden pixels of four, which were 1 and 0 and are 0 now. The first changes: of its logits, (0, log 5), the second is shifted by
    -log 5, so both colours are as likely. The second's, (log 5, 0), become the same."""
    logits = torch.zeros(1, 2, 2, 2)
    logits[0, 1, 0, 0] = logits[0, 0, 0, 1] = np.log(5)
    predicted = Predicted(logits, torch.zeros(1, 3), torch.zeros(1))
    seen = torch.tensor([[[1, 0], [0, 0]]], dtype=torch.uint8)
    hidden = torch.tensor([[[True, True], [False, False]]])
    frame = frame_loss(logits, torch.zeros(1, 2, 2), seen, hidden, 5.0)
    reward, end = outcome_losses(predicted, torch.tensor([1]), torch.zeros(1))
    assert frame.item() == pytest.approx((5 + 1) * np.log(2) / 0.5)
    assert reward.item() == pytest.approx(np.log(3))
    assert end.item() == pytest.approx(np.log(2))


def test_weights_do_not_bias_what_is_learned() -> None:
    """The loss over many pixels, of which a fifth changes, is least at the true probability of a change, 0.2."""
    target = (torch.arange(100) % 5 == 0).long().view(1, 10, 10)
    seen = torch.zeros(1, 10, 10, dtype=torch.uint8)

    def loss(probability: float) -> float:
        logits = torch.tensor([1 - probability, probability]).log().view(1, 2, 1, 1).expand(1, 2, 10, 10)
        return frame_loss(logits, target, seen, torch.ones(1, 10, 10), 8.0).item()

    assert loss(0.2) < min(loss(0.15), loss(0.25))


@pytest.fixture(scope="module")
def dream() -> Iterator[Dream]:
    dream = Dream(DreamConfig.parse(TINY), CPU)
    for _ in range(4):
        dream.step()
    yield dream
    dream.close()


def test_training_follows_the_networks_own_frames(dream: Dream) -> None:
    play = dream.data().play
    before = dream.rows.clone()
    dream.step()
    followed = dream.rows == before + 1
    assert followed.any()
    assert torch.equal(dream.frames[~followed][:, -1], play.frames[dream.rows[~followed]])


def test_the_palette_is_part_of_the_serving_weights(dream: Dream) -> None:
    weights = dream.serving().state_dict()
    assert weights["palette"][0] == 34  # Pong's ground
    assert weights["rgb"][0].tolist() == [144, 72, 17]


def test_a_world_counts_the_steps_since_a_reward(net: DreamUNet) -> None:
    class Rewarded(nn.Module):
        history, colours = 4, 4

        def forward(self, frames: Tensor, actions: Tensor, clock: Tensor, guess: Tensor, revealed: Tensor) -> Predicted:
            point = (clock == 2).float() * 9
            zero = torch.zeros_like(point)
            return Predicted(torch.zeros(len(frames), 4, 16, 16), torch.stack([zero, zero + 3, point], 1), zero - 9)

    world = World(Rewarded())
    world.begin(play_of([9]), torch.tensor([0]))
    signs = [int(world.step(torch.tensor([1])).signs) for _ in range(6)]
    assert signs == [0, 0, 1, 0, 0, 1]
    assert world.actions.tolist() == [[1, 1, 1, 1]]


def test_worlds_start_from_what_was_played(net: DreamUNet) -> None:
    play = play_of([3, 5])
    world = World(net, 2)
    world.begin(play, torch.tensor([3, 9]))
    assert world.frames[:, :, 0, 0].tolist() == [[0, 1, 2, 3], [6, 7, 8, 9]]
    assert world.actions.tolist()[1][1:] == [6, 7, 8]


def test_points_are_found_within_two_steps_and_once() -> None:
    """Points at 5 and 20; predicted at 6 and 7 (one is false), and not at all near 20."""
    rewards = torch.zeros(31)
    rewards[[5, 20]] = torch.tensor([1.0, -1.0])
    play = replace(play_of([30]), rewards=rewards)

    class Two(nn.Module):
        history, colours = 4, 4

        def forward(self, frames: Tensor, actions: Tensor, clock: Tensor, guess: Tensor, revealed: Tensor) -> Predicted:
            at = frames[:, -1, 0, 0]
            point = ((at == 6) | (at == 7)).float() * 9
            return Predicted(torch.zeros(len(frames), 4, 16, 16), torch.stack([point * 0, point * 0 + 3, point], 1), point * 0 - 9)

    figures = of_rewards(Two(), DreamConfig.parse({**TINY, "drawing_steps": 1}), play)
    assert figures["reward_recall"] == 0.5
    assert figures["false_points_per_200"] == pytest.approx(200 / 26)


def test_an_evaluation_has_the_figures_that_scripts_rely_on(dream: Dream) -> None:
    figures = dream.evaluate(dreams=3, steps=4)
    wanted = {
        "frames_per_second",
        "ball_share",
        "paddle_within_3",
        "follows_key",
        "one_step_ratio",
        "reward_recall",
        "false_points_per_200",
    }
    assert wanted <= figures.keys()
    assert figures["dreams"] == 3


@pytest.mark.parametrize("name", ["film", "every_action", "error_over_time", "outcomes"])
def test_views_show_the_game_beside_the_dream(dream: Dream, name: str) -> None:
    answer = dream.answer(name, dream.serving(), {"steps": 3})
    assert answer.picture().ndim == 3


@pytest.fixture
def both(dream: Dream) -> SideBySide:
    return SideBySide(dream.serving(), dream.config, None, seed=3)


def test_a_dream_begins_with_what_the_game_shows(both: SideBySide) -> None:
    assert torch.equal(both.world.frames[0], torch.stack(both.seen))
    assert torch.equal(both.seen[-1], both.seen_now())


def test_side_by_side_is_the_same_again_for_a_seed(dream: Dream) -> None:
    one, two = (SideBySide(dream.serving(), dream.config, None, seed=3) for _ in range(2))
    for _ in range(5):
        left, right = one.step(), two.step()
    assert (left.game == right.game).all()
    assert (left.dream == right.dream).all()
    assert left.action == right.action


def test_an_agent_sees_the_dream_as_it_would_the_game(both: SideBySide) -> None:
    """A picture of the court as it is gives what the emulator's own grey picture gives, but for rounding."""
    screen = both.player.ale.getScreenRGB()
    seen = both.as_agents_see(screen[34 : len(screen) - 16])
    assert np.abs(seen.astype(int) - observed(both.player.ale.getScreenGrayscale()).astype(int)).max() <= 2


def test_a_dream_without_a_frame_and_an_agent_of_other_actions_are_refused(dream: Dream) -> None:
    fresh = Dream(dream.config, CPU)
    with pytest.raises(LabError, match="has not seen a frame yet"):
        SideBySide(fresh.serving(), dream.config, None)
    with pytest.raises(LabError, match="The agent has 4 actions"):
        SideBySide(dream.serving(), dream.config, QNetwork(4))


def test_lab_dream_films_both_and_refuses_an_agent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = train("dream", steps=1, run=tmp_path / "run", device="cpu", quiet=True, **TINY)
    film = tmp_path / "both.gif"
    assert main(["dream", str(run.path), "--video", str(film), "--steps", "3", "--json"]) == 0
    assert film.stat().st_size > 0
    assert main(["dream", "pong", "--video", str(film)]) == 2
    assert "pong is no dream" in capsys.readouterr().err
