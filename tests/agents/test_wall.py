"""The wall: who hangs there, how all play at once, and how pictures are laid out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_shipped import TINY

import lab
from agents import wall
from agents.wall import GAP, Place, Wall, WallAgent, grid, scaled, short, wall_agents, words_alike
from agents.wall_film import WallPicture, film
from lab import cli, registry
from lab.atari.player import Player
from lab.run import Run


@pytest.fixture
def own_run(runs_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Makes an untrained run of a game whose records say that its games returned `score`; no agents are shipped."""
    monkeypatch.setattr(registry, "SHIPPED", ())
    monkeypatch.setattr(wall, "compute_dtype", lambda precision, device: torch.float32)

    def make(game: str, score: float | None, name: str = "", steps: int = 1, **fields: Any) -> Run:
        run = lab.train("dqn", steps=steps, device="cpu", run=runs_home / (name or game), **{**TINY, "game": game, **fields})
        status = json.loads((run.path / "status.json").read_text())
        status["metrics"] = {} if score is None else {"charts/episodic_return": score}
        (run.path / "status.json").write_text(json.dumps(status))
        return Run(run.path)

    return make


def agent(game: str, score: float | None, own: bool = False, name: str = "") -> WallAgent:
    run = Run.__new__(Run)
    run.path, run.stored = Path(name or game), {"config": {"game": game}}
    return WallAgent(run, score, own)


# -- who hangs there -----------------------------------------------------------------------------------------------


def test_shipped_agents_come_first_then_the_best_run_of_each_game(own_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    own_run("pong", -3.0)
    own_run("breakout", 4.0, "weak")
    own_run("breakout", 9.0, "strong")
    own_run("boxing", None)  # It has not finished a game.
    monkeypatch.setattr(registry, "SHIPPED", ("agents/pretrained",))
    agents = wall_agents()
    shipped = len(registry.shipped())
    assert [a.run.name for a in agents[:shipped]] == list(registry.shipped())
    assert [(a.run.name, a.score, a.own, a.mark) for a in agents[shipped:]] == [
        ("strong", 9.0, True, "step-000000000001"),
        ("pong", -3.0, True, "step-000000000001"),
    ]


def test_only_an_agent_at_the_human_score_is_called_good() -> None:
    assert agent("pong", 9.3).at_human_level
    assert not agent("pong", 9.2).at_human_level
    assert not agent("pong", None).at_human_level
    assert not agent("air_raid", 1e6).at_human_level  # Nobody has published a human's score.


def test_an_agent_in_words() -> None:
    assert agent("pong", 18.93).in_words() == ("mean 18.9 · human 9.3", "18.9 · human 9.3", "18.9 / 9.3")
    assert agent("pong", 2.0, own=True).in_words()[0] == "yours 2 · human 9.3"
    assert agent("air_raid", 1200.0).in_words() == ("mean 1,200", "1,200")
    assert agent("pong", None).in_words() == ("not evaluated",)
    assert [agent("pong", 1.0, name=name).title for name in ("pong", "pong-pqn")] == ["Pong", "Pong · pqn"]
    assert agent("ms_pacman", 1.0, own=True, name="my-run").title == "Ms Pacman"


def test_scores_side_by_side_have_one_form_the_longest_with_room_for_each() -> None:
    agents = [agent("pong", 18.93), agent("krull", 4442.0), agent("air_raid", 1200.0), agent("boxing", None)]
    assert words_alike(agents, lambda words: True) == ["mean 18.9 · human 9.3", "mean 4,442 · human 2,395", "mean 1,200", "not evaluated"]
    assert words_alike(agents, lambda words: len(words) <= 21) == ["18.9 · human 9.3", "4,442 · human 2,395", "1,200", "not evaluated"]
    assert words_alike(agents, lambda words: False) == ["18.9 / 9.3", "4,442 / 2,395", "1,200", "not evaluated"]
    assert words_alike([], lambda words: True) == []


def test_scores_in_few_characters() -> None:
    assert [short(score) for score in (0, -20.7, 18.93, 402.4, 9999, 12850, 85641.2)] == [
        "0",
        "-20.7",
        "18.9",
        "402",
        "9,999",
        "12.8k",
        "85.6k",
    ]


def test_random_play_is_at_the_scales_beginning_and_a_human_at_one() -> None:
    pong = agent("pong", 0.0)
    assert [pong.on_scale(score) for score in (-20.7, 9.3, 24.3)] == pytest.approx([0, 1, 1.5])


# -- playing -------------------------------------------------------------------------------------------------------


def test_agents_play_as_each_would_alone(own_run: Callable[..., Run]) -> None:
    runs = [own_run("pong", 0.0, seed=1), own_run("breakout", 0.0, seed=2)]
    together = Wall([WallAgent(run, 0.0, True) for run in runs], seed=5, epsilon=0.3)
    together.load()
    for _ in range(40):
        together.advance()
    # One decides in every even picture, the other in every odd one, and so begins a picture later.
    for i, (run, place, count) in enumerate(zip(runs, together.places, (80, 78), strict=True)):
        net = run.experiment("cpu", serving_only=True).serving()
        alone = Player(run.stored["config"]["game"], seed=5 + i, epsilon=0.3, noop_max=TINY["noop_max"])
        frames = [alone.tick(net) for _ in range(count)]
        assert place.player is not None
        assert (place.score, place.player.frames) == (frames[-1].score, count)
        np.testing.assert_array_equal(place.pixels, np.maximum(frames[-2].pixels, frames[-1].pixels))


def test_a_game_that_ends_waits_for_the_next_decision_and_starts_again(own_run: Callable[..., Run]) -> None:
    made = Wall([WallAgent(own_run("pong", 0.0), 0.0, True)])
    made.load()
    (place,) = made.places
    assert place.player is not None
    made.advance()
    place.player.over, place.player.score = True, -21.0
    made.advance()
    assert (place.episodes, place.score) == (0, -21.0)
    made.advance()
    assert (place.episodes, place.last_score, place.score, place.player.frames) == (1, -21.0, 0.0, 2)


def test_an_agent_that_cannot_be_loaded_says_so_and_the_others_play(own_run: Callable[..., Run]) -> None:
    good, bad = own_run("pong", 0.0), own_run("breakout", 0.0)
    for file in (bad.path / "checkpoints").glob("*/serving.safetensors"):
        file.write_bytes(b"damaged")
    made = Wall([WallAgent(run, 0.0, True) for run in (bad, good)])
    made.load()
    made.advance()
    assert "serving.safetensors" in made.places[0].problem
    assert made.places[0].pixels is None
    assert made.places[1].pixels is not None
    drawn = WallPicture(made, 640, 400).draw()
    assert drawn.shape[1] == 640


def test_loading_stops_when_it_is_no_longer_wanted(own_run: Callable[..., Run]) -> None:
    made = Wall([WallAgent(own_run("pong", 0.0), 0.0, True)])
    made.load(lambda: False)
    assert made.places[0].player is None


# -- laying out ----------------------------------------------------------------------------------------------------


def test_pictures_are_as_large_as_fits() -> None:
    # Six columns: (890 - 10) // 6 - 10 = 136 wide; two rows: 136 / (160 / 210) + 40 + 10 = 228 or 229 each, of 700.
    # Four columns: 210 wide by columns, but (700 - 10) // 3 - 10 - 40 = 180 high, so 180 * 160 / 210 = 137 wide: larger.
    best = grid(12, 890, 700, caption=40)
    assert (best.columns, best.rows, best.picture) == (4, 3, (137, 180))
    x, y, width, height = best.rectangle(5)
    left = (890 - 4 * (137 + GAP) + GAP) // 2
    top = (700 - best.used) // 2 + GAP
    assert (x, y, width, height) == (left + 137 + GAP, top + 180 + 40 + GAP, 137, 180)


@pytest.mark.parametrize("count", [1, 3, 12, 30, 57])
@pytest.mark.parametrize("size", [(300, 600), (660, 640), (1500, 950)])
def test_every_picture_and_its_caption_lie_inside(count: int, size: tuple[int, int]) -> None:
    made = grid(count, *size, caption=36)
    rectangles = [made.rectangle(i) for i in range(count)]
    assert len(set(rectangles)) == count
    for x, y, width, height in rectangles:
        assert min(x, y, width, height) >= 1
        assert x + width <= size[0]
        assert y + height + 36 <= size[1]


def test_pictures_keep_their_proportions() -> None:
    assert scaled(np.zeros((210, 160, 3), np.uint8), 320, 900).shape == (420, 320, 3)
    assert scaled(np.zeros((250, 160, 3), np.uint8), 160, 125).shape == (125, 80, 3)
    sharp = scaled(np.eye(3, dtype=np.uint8)[..., None].repeat(3, 2) * 255, 6, 6)
    assert set(np.unique(sharp)) == {0, 255}


# -- the film ------------------------------------------------------------------------------------------------------


def test_the_film_of_the_wall(
    own_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("agents.wall_film.WARM_UP", 2)
    own_run("pong", 0.0)
    own_run("breakout", 50.0)
    assert cli.main(["watch", "wall", "--video", str(tmp_path / "wall.gif"), "--seconds", "0.2", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["frames"], figures["agents"], set(figures["scores"])) == (6, 2, {"Pong", "Breakout"})
    assert (tmp_path / "wall.gif").read_bytes()[:4] == b"GIF8"


def test_a_film_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lab.LabError, match="no agent"):
        film([], tmp_path / "wall.mp4")


def test_a_bar_and_a_caption_are_drawn_below_each_picture(own_run: Callable[..., Run]) -> None:
    made = Wall([WallAgent(own_run("pong", 0.0), 20.0, True)])
    made.load()
    picture = WallPicture(made, 640, 400)
    x, y, width, height = picture.grid.rectangle(0)
    place: Place = made.places[0]
    assert place.player is not None
    place.player.score = -20.7
    empty = picture.draw()
    place.player.score = 9.4
    full = picture.draw()
    bar = y + height + 3
    assert tuple(empty[bar, x + 2]) != tuple(full[bar, x + 2])
    assert tuple(full[bar, x + 2]) == (63, 166, 92)  # Green: past the human's score.
    np.testing.assert_array_equal(empty[y : y + height, x : x + width], full[y : y + height, x : x + width])


@pytest.mark.parametrize("wrong", [["--episodes", "2"], ["--game", "pong"]])
def test_options_of_one_agent_do_not_apply_to_the_wall(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["watch", "wall", *wrong]) == 2
    assert "does not apply to the wall" in capsys.readouterr().err
