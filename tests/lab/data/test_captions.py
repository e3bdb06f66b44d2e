"""Captions: of a label map drawn by hand, the facts in them, and a person's own folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab.data.captions import from_tensor, joined, load_captions, own_captions, own_record, to_tensor, tokens_of
from lab.data.game_captions import caption, facts, right, vocabulary
from lab.data.game_things import class_names
from lab.data.images import Request
from lab.data.record import compare, of_content
from lab.data.words import UNK
from lab.errors import LabError


def pong(ball: tuple[int, int] | None = (100, 60), player: int = 150, opponent: int = 40) -> np.ndarray:
    """A label map: the ball (x, y), the tops of the paddles of 16 rows."""
    names = class_names("pong")
    labels = np.zeros((210, 160), np.uint8)
    labels[player : player + 16, 140:144] = names.index("player")
    labels[opponent : opponent + 16, 16:20] = names.index("opponent")
    if ball is not None:
        labels[ball[1] : ball[1] + 4, ball[0] : ball[0] + 2] = names.index("ball")
    return labels


def test_pong_says_where_ball_and_paddles_are_and_the_score() -> None:
    assert caption("pong", pong(), 12, 0, against=3) == (
        "pong: the ball is on the right and above the player, the player is at the bottom, the opponent is at the top, score 3 to 12"
    )
    assert "the ball is on the left and level with the player" in caption("pong", pong(ball=(20, 155)), 0, 0)
    assert caption("pong", pong(ball=None), 0, 0).startswith("pong: there is no ball, the player")


def test_breakout_says_where_ball_and_paddle_are_the_score_and_the_lives() -> None:
    names = class_names("breakout")
    labels = np.zeros((210, 160), np.uint8)
    labels[189:193, 70:86] = names.index("player")
    labels[150:154, 60:62] = names.index("ball")
    assert (
        caption("breakout", labels, 23, 1)
        == "breakout: the ball is left of the paddle and low, the paddle is in the middle, score 23, 1 life"
    )


def test_other_games_count_their_things() -> None:
    names = class_names("seaquest")
    labels = np.zeros((210, 160), np.uint8)
    labels[60:70, 20:36] = names.index("player")
    labels[100:106, 80:88] = labels[130:136, 80:88] = names.index("enemy")
    assert caption("seaquest", labels, 0, 3) == "seaquest: the player is at the top left, 2 enemies, no shots, no divers"


def test_facts_are_read_back_and_counted() -> None:
    truth = caption("pong", pong(), 12, 0, against=3)
    assert facts(truth) == {
        "game": "pong", "ball's side": "right", "ball and player": "above", "player": "bottom", "opponent": "top", "score": "3", "to": "12",
    }  # fmt: skip
    assert right(truth, truth) == (7, 7)
    assert right(truth.replace("right", "left").replace("to 12", "to 13"), truth) == (5, 7)
    assert right("", truth) == (0, 7)


@pytest.mark.parametrize("game", ["pong", "breakout", "space_invaders", "seaquest"])
def test_every_token_of_a_caption_has_a_number_and_comes_back(game: str) -> None:
    labels = np.random.default_rng(0).integers(0, len(class_names(game)), (210, 160)).astype(np.uint8)
    text = caption(game, labels, 407, 2, 19)
    tokens = tokens_of(text)
    assert UNK not in vocabulary(game).encode(tokens)
    assert joined(tokens) == text


def test_captions_are_kept_as_bytes() -> None:
    assert from_tensor(to_tensor(["a", "", "ä b"])) == ["a", "", "ä b"]


def test_frames_of_a_game_are_of_other_episodes_for_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    train, test = (load_captions("atari", split, games="pong", frames=10, player="random") for split in ("train", "test"))  # type: ignore[arg-type]
    assert train.images.shape == (10, 3, 105, 80)
    assert len(test) == 2
    assert all(text.startswith("pong: ") for text in train.texts + test.texts)
    assert train.texts == load_captions("atari", "train", games="pong", frames=10, player="random").texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(10):
        Image.new("RGB", (8, 8), (i * 20, 0, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "captions.tsv").write_text("".join(f"{i}.png\tPicture {i}, red\n" for i in range(10)))
    return tmp_path


def test_every_fifth_picture_of_a_folder_is_held_out(folder: Path) -> None:
    train, test = (own_captions(Request(f"folder:{folder}", split, size=8)) for split in ("train", "test"))  # type: ignore[arg-type]
    assert test.texts == ["Picture 4, red", "Picture 9, red"]
    assert len(train) == 8
    assert test.images[0, 0, 0, 0] == 80
    record = own_record(f"folder:{folder}", 2, None)
    assert record["vocabulary"][4:] == [",", "picture", "red"]
    assert record["size"] == 10


def test_what_a_folder_lacks_is_said_in_a_sentence(folder: Path) -> None:
    (folder / "7.png").unlink()
    with pytest.raises(LabError, match=r"captions\.tsv names 7\.png, which is not in"):
        own_captions(Request(f"folder:{folder}", "train"))
    (folder / "captions.tsv").write_text("1.png\tred\n")
    with pytest.raises(LabError, match="has 1 captions; at least 10 are needed"):
        own_captions(Request(f"folder:{folder}", "train"))
    (folder / "captions.tsv").unlink()
    with pytest.raises(LabError, match=r"has no captions\.tsv: put it beside the images"):
        own_captions(Request(f"folder:{folder}", "train"))


def test_a_header_slashes_of_windows_and_accents_of_a_mac_name_the_pictures(folder: Path) -> None:
    (folder / "sub").mkdir()
    for i in range(10):
        (folder / f"{i}.png").rename(folder / "sub" / f"e\u0301{i}.png")
    (folder / "captions.tsv").write_text("image\tcaption\n" + "".join(f"sub\\\u00e9{i}.png\tPicture {i}\n" for i in range(10)))
    train = own_captions(Request(f"folder:{folder}", "train", size=8))
    assert train.texts[:5] == ["Picture 0", "Picture 1", "Picture 2", "Picture 3", "Picture 5"]
    assert train.images[:5, 0, 0, 0].tolist() == [0, 20, 40, 60, 100]


def test_deep_pictures_with_captions_have_one_span(folder: Path) -> None:
    for i in range(10):
        Image.fromarray(np.full((8, 8), 400 * (i + 1), np.uint16)).save(folder / f"{i}.png")
    record = own_record(f"folder:{folder}", 2, None)
    assert record["values"] == [0, 4095]
    for request in (Request(f"folder:{folder}", "test", size=8), Request(f"folder:{folder}", "test", size=8, remembered=record)):
        assert own_captions(request).images[:, 0, 0, 0].tolist() == [round(255 * 2000 / 4095), round(255 * 4000 / 4095)]


def test_fewer_than_five_pictures_leave_none_for_test_and_are_refused(folder: Path) -> None:
    (folder / "captions.tsv").write_text("".join(f"{i % 4}.png\tPicture {i}\n" for i in range(12)))
    with pytest.raises(LabError, match=r"captions\.tsv names 4 pictures; at least 5 are needed"):
        own_record(f"folder:{folder}", 2, None)


def test_a_changed_picture_under_a_caption_is_other_data(folder: Path) -> None:
    before = own_record(f"folder:{folder}", 2, None)
    assert compare(before, own_record(f"folder:{folder}", 2, before)).kind == "same"
    Image.new("RGB", (8, 8), (0, 255, 0)).save(folder / "3.png")
    assert compare(before, own_record(f"folder:{folder}", 2, before)).kind == "other"


def test_a_run_that_remembers_captions_alone_compares_these(folder: Path) -> None:
    rows = [f"{i}.png\tPicture {i}, red" for i in range(10)]
    before = {
        "data": f"folder:{folder}",
        **of_content(rows, "captions", None),
        "vocabulary": own_record(f"folder:{folder}", 2, None)["vocabulary"],
    }
    assert compare(before, own_record(f"folder:{folder}", 2, before)).kind == "same"
