"""The page Captions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives, press
from latent_space import menu_of
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.captions_page import CaptionsPage
from lab.answers import Images


@drives("Captions > Next image", "Captions > Open image", "Captions > Agent's screen")
def test_a_caption_is_written_and_its_words_light_up_where_they_look(
    qtbot: QtBot, sequence_tab: Callable[..., Any], own_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DATA", str(own_files))
    tab = sequence_tab("captions")
    page, window = face(tab, CaptionsPage), tab.window()
    menu = menu_of(window.panels["Sequences"], "Captions")
    qtbot.waitUntil(lambda: page.truth.text().startswith("True: pong: "), timeout=LONG)
    pixels = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (200, 10, 90)])
    page.show_answer(Images(pixels, ["test:0", "the", "ball"]))  # A new network may write nothing.
    shades = [page.picture.image.pixelColor(0, 0).red()]
    for word in (0, 1):
        page.words.choose(word)
        shades.append(page.picture.image.pixelColor(0, 0).red())
    assert shades == [200, 10, 90]
    press(qtbot, window, menu, "Next image")
    qtbot.waitUntil(lambda: page.last.captions[0] == "test:1", timeout=LONG)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(own_files / "nothing.png"), ""))
    press(qtbot, window, menu, "Open image")
    qtbot.waitUntil(lambda: "there is no such file" in page.problem.text(), timeout=LONG)
    press(qtbot, window, menu, "Agent's screen")
    assert "No agent is being watched" in page.problem.text()
    assert not page.agent_button.isChecked()
    screen = np.zeros((210, 160, 3), np.uint8)
    monkeypatch.setattr("gui.vision.picture_page.watched_frame", lambda window: screen)
    press(qtbot, window, menu, "Agent's screen")
    qtbot.waitUntil(lambda: page.last.captions[0] == "picture", timeout=LONG)
    assert page.truth.text() == ""  # Nobody knows what is true of it.
