"""A run on a person's own folder, and what becomes of it when that folder changes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import lab
from lab.data.load import load_images
from lab.errors import LabError, UsageError
from lab.run import Run


def fill(root: Path) -> Path:
    """Dark and bright pictures, 12 of each."""
    for name, value in (("dark", 30), ("light", 220)):
        (root / name).mkdir(parents=True)
        for i in range(12):
            Image.new("RGB", (10, 10), (value, value, value + i)).save(root / name / f"{i:02}.png")
    return root


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    folder = fill(tmp_path / "mine")
    trained = lab.train(
        "classify", steps=30, data=f"folder:{folder}", network="linear", size=8, learning_rate=0.01, validation=0.2, device="cpu"
    )
    assert trained.stored["data"]["classes"] == ["dark", "light"]
    assert trained.stored["data"]["assumed"] == ["Every tenth image of a class is held out for test."]
    return trained


def test_a_class_folder_renamed_after_training_keeps_its_class(run: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert run.evaluate()["accuracy"] == 1
    (tmp_path / "mine" / "dark").rename(tmp_path / "mine" / "zebra")  # Now the second by name.
    figures = run.evaluate()
    assert (figures["accuracy"], figures["classes"]) == (1, 2)
    assert "The folder zebra of" in caplog.text
    assert "holds what class dark held in training" in caplog.text


def test_a_moved_folder_is_asked_for_and_found_by_data(run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").rename(tmp_path / "yours, now")
    with pytest.raises(UsageError, match=r"are missing: .*mine does not exist\. Give their new location with --data folder:PATH"):
        run.evaluate()
    assert run.evaluate(data=f"folder:{tmp_path}/yours, now")["accuracy"] == 1
    assert "The data have moved from" in capsys.readouterr().err


def test_what_needs_no_images_is_shown_without_them(run: Any, tmp_path: Path) -> None:
    before = run.show("layer_table", "cpu").spreadsheet()
    (tmp_path / "mine").rename(tmp_path / "away")
    assert Run(run.path).show("layer_table", "cpu").spreadsheet() == before
    with pytest.raises(UsageError, match=r"mine does not exist\. Give their new location with --data folder:PATH"):
        Run(run.path).show("confusion", "cpu")


def test_a_folder_with_another_class_is_told_and_its_images_are_left_out(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine" / "grey").mkdir()
    Image.new("RGB", (10, 10), (120, 120, 120)).save(tmp_path / "mine" / "grey" / "1.png")
    figures = run.evaluate()
    assert (figures["accuracy"], figures["classes"], figures["images"]) == (1, 2, 2)
    assert "new class 'grey'" in capsys.readouterr().err


def test_a_run_on_digits_keeps_their_form_on_a_folder_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    trained = lab.train("classify", steps=40, data="digits", network="linear", device="cpu", learning_rate=0.02, test_time_augmentation=1)
    digits = load_images("digits", "test", torch.device("cpu"))
    for image, label, i in zip(digits.images, digits.labels, range(60), strict=False):
        (tmp_path / "mine" / str(int(label))).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0].numpy()).convert("RGB").resize((64, 64), Image.Resampling.NEAREST).save(
            tmp_path / "mine" / str(int(label)) / f"{i}.png"
        )
    figures = trained.evaluate(data=f"folder:{tmp_path}/mine")
    assert figures["classes"] == 10
    assert figures["accuracy"] > 0.7
    assert "not digits as in training" in capsys.readouterr().err


def test_a_class_both_renamed_and_changed_is_refused(run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine" / "dark" / "00.png").unlink()
    (tmp_path / "mine" / "dark").rename(tmp_path / "mine" / "zebra")
    with pytest.raises(LabError, match=r"no classes of this run \(zebra\), and none for dark"):
        run.evaluate()
