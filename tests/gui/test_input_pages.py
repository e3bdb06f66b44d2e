"""Pages on which one types a text and sees what a network makes of it: Orders, As it reads, Phrases, Tag and Classify."""

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from sequence_runs import LONG, face

from gui.sequences.input_pages import ClassifyPage, OrdersPage, PrefixesPage, TagPage
from gui.sequences.phrases_page import PhrasesPage
from gui.widgets.answer_view import BarsView
from gui.widgets.text_view import TextView


def test_orders_are_those_of_the_context_that_is_typed(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("ngram"), OrdersPage)
    page.given.setPlainText("the ca")

    def shown(axis: str) -> list[str]:
        return getattr(getattr(page.answer.currentWidget(), "matrix", None), "names", {}).get(axis, [])

    qtbot.waitUntil(lambda: len(shown("left")) == 4 and shown("left")[-1].startswith("ca ("), timeout=LONG)
    assert shown("bottom")[0] == "t"


def test_labels_are_shown_after_every_word_that_is_typed(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("text-class", "a.tsv"), PrefixesPage)
    page.given.setPlainText("a nice day")
    qtbot.waitUntil(
        lambda: getattr(getattr(page.answer.currentWidget(), "matrix", None), "names", {}).get("bottom") == ["a", "nice", "day"],
        timeout=LONG,
    )


def test_every_phrase_of_the_sentence_has_its_box(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("text-class", "a.tsv"), PhrasesPage)
    page.given.setText("a nice day")
    qtbot.waitUntil(lambda: page.pyramid.words == ["a", "nice", "day"], timeout=LONG)
    assert page.pyramid.phrase_at(page.pyramid.box(2, 1).center()) == (2, 1)
    assert page.pyramid.phrase_at(page.pyramid.box(3, 0).center()) == (3, 0)
    assert "mean over all 6 phrases" in page.mean.text()


def test_typed_source_is_tagged(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("tag", "a.py"), TagPage)
    qtbot.keyClicks(page.given, "x = 1")
    qtbot.waitUntil(
        lambda: isinstance(page.answer.currentWidget(), TextView) and page.answer.currentWidget().text.toPlainText() == "x = 1",
        timeout=LONG,
    )
    assert "keyword" in page.answer.currentWidget().legend.text()


def test_a_typed_sentence_gets_the_probabilities_of_its_labels(qtbot: QtBot, sequence_tab: Callable[..., Any]) -> None:
    page = face(sequence_tab("text-class", "a.tsv"), ClassifyPage)
    qtbot.keyClicks(page.given, "a nice day")
    qtbot.waitUntil(
        lambda: isinstance(page.answer.currentWidget(), BarsView) and set(page.answer.currentWidget().bars.names) == {"good", "bad"},
        timeout=LONG,
    )
