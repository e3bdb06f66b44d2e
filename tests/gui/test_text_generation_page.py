"""The page Generate of a language model: writing after a prompt, token by token, by clicks and keys."""

from collections.abc import Callable
from typing import Any

import pytest
from controls import drives, press
from latent_space import menu_of
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.attention_page import AttentionPage
from gui.sequences.text_generation_page import TextGenerationPage


def test_it_writes_after_the_prompt_that_is_typed(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), TextGenerationPage)
    page.length.setValue(20)
    qtbot.keyClicks(page.prompt, "the cat")
    qtbot.waitUntil(lambda: page.output.toPlainText().startswith("the cat") and len(page.output.toPlainText()) == 27, timeout=LONG)
    before = page.output.toPlainText()
    assert not page.busy.isVisible()
    page.seed.stepUp()
    assert page.busy.isVisible()
    qtbot.waitUntil(lambda: page.output.toPlainText() != before, timeout=LONG)
    assert not page.busy.isVisible()
    assert not page.problem.isVisible()


@pytest.mark.parametrize("recipe", ["gpt", "char-rnn"])
def test_each_step_appends_the_candidate_in_colour(qtbot: QtBot, sequence_tab: Callable[..., Any], recipe: str) -> None:
    page = face(sequence_tab(recipe), TextGenerationPage)
    qtbot.keyClicks(page.prompt, "the ")
    text = "the "
    for _ in range(3):
        qtbot.waitUntil(lambda: not page.naming.waiting and not page.naming.stale and page.bars.chosen >= 0, timeout=LONG)
        expected = page.bars.names[page.bars.chosen].replace("␣", " ")
        qtbot.mouseClick(page.step_button, Qt.MouseButton.LeftButton)
        longer = len(text) + 1
        qtbot.waitUntil(lambda longer=longer: len(page.text) == longer and page.stepping, timeout=LONG)
        assert page.text == text + expected
        assert page.output.toPlainText() == page.text
        text = page.text
    qtbot.mouseClick(page.again_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.output.toPlainText()) > 100, timeout=LONG)


def test_token_by_token_goes_on_by_itself(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), TextGenerationPage)
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.tokens >= 4, timeout=LONG)
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    assert not page.timer.isActive()


def test_a_character_that_the_network_does_not_know_is_named(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("gpt"), TextGenerationPage)
    page.prompt.setPlainText("5 €")
    qtbot.waitUntil(lambda: "'€'" in page.problem.text() and page.problem.isVisible(), timeout=LONG)
    page.prompt.setPlainText("the")
    qtbot.waitUntil(lambda: not page.problem.isVisible() and page.output.toPlainText().startswith("the"), timeout=LONG)


def test_a_finished_run_still_writes_from_disk(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    tab = sequence_tab("gpt", steps=3)
    panel: Any = tab.window().panel("Sequences")
    run = tab.run
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    panel.close_tab(0)
    panel.open_run(run)
    page = face(panel.current_tab(), TextGenerationPage)
    qtbot.waitUntil(lambda: len(page.output.toPlainText()) > 100, timeout=LONG)


@drives(
    "Text > Next token", "Text > Token by token", "Text > Next seed", "Text > Generate", "Attention > Next head", "Attention > Next layer"
)
def test_shortcuts_of_the_text_menu_reach_the_page(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    tab = sequence_tab("gpt")
    window = tab.window()
    menu = menu_of(window.panels["Sequences"], "Text")
    page = face(tab, TextGenerationPage)
    press(qtbot, window, menu, "Next token")
    qtbot.waitUntil(lambda: page.tokens == 1, timeout=LONG)
    press(qtbot, window, menu, "Token by token")
    qtbot.waitUntil(lambda: page.tokens >= 3, timeout=LONG)
    press(qtbot, window, menu, "Token by token")
    assert not page.timer.isActive()
    press(qtbot, window, menu, "Generate")
    qtbot.waitUntil(lambda: len(page.output.toPlainText()) > 100, timeout=LONG)
    seed = page.seed.value()
    press(qtbot, window, menu, "Next seed")
    assert page.seed.value() == seed + 1
    looking, menu = face(tab, AttentionPage), menu_of(window.panels["Sequences"], "Attention")
    qtbot.waitUntil(lambda: looking.text.labels != [], timeout=LONG)
    head, layer = looking.head.value(), looking.layer.value()
    press(qtbot, window, menu, "Next head")
    assert (looking.head.value(), looking.layer.value()) != (head, layer)
    layer = looking.layer.value()
    press(qtbot, window, menu, "Next layer")
    assert looking.layer.value() == layer + 1
