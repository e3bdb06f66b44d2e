"""The Sequences panel: training from the form, writing, stepping, hovering, translating and tagging by clicks and keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from controls import drives, press
from latent_space import menu_of
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.sequences.attention_page import AttentionPage
from gui.sequences.attention_steps_page import AttentionStepsPage
from gui.sequences.captions_page import CaptionsPage
from gui.sequences.cell_page import CellPage
from gui.sequences.heads_page import HeadsPage
from gui.sequences.input_pages import ClassifyPage, OrdersPage, PrefixesPage, TagPage
from gui.sequences.layers_page import LayersPage
from gui.sequences.memory_page import MemoryPage
from gui.sequences.phrases_page import PhrasesPage
from gui.sequences.text_generation_page import TextGenerationPage
from gui.sequences.text_translation_page import TextTranslationPage
from gui.sequences.word_vectors_page import WordVectorsPage
from gui.widgets.answer_view import AnswerView, BarsView, HeatmapView, TableView
from gui.widgets.scatter_plot import ScatterPlot
from gui.widgets.text_view import TextView
from lab.answers import Heatmap, Images, Scatter, Text

LONG = 60_000
TEXT = "the cat sat on the mat and the dog lay by the door. " * 60
TINY: dict[str, dict[str, Any]] = {
    "gpt": {"context": 16, "layers": 2, "heads": 2, "width": 16, "batch_size": 2},
    "ngram": {"order": 3},
    "glove": {"width": 4, "batch_size": 8, "window": 2},
    "ntm": {"length": 3, "bits": 3, "locations": 6, "width": 4, "hidden": 8, "batch_size": 4},
    "captions": {"games": "pong", "player": "random", "frames": 10, "features": 2, "width": 4, "hidden": 6, "batch_size": 4},
    "char-rnn": {"hidden": 8, "width": 8, "unroll": 8, "batch_size": 2},
    "seq2seq": {"data": "numbers", "pairs": 150, "hidden": 8, "width": 8, "batch_size": 4},
    "tag": {"length": 16, "hidden": 4, "width": 4, "batch_size": 2},
    "text-class": {"hidden": 4, "width": 4, "batch_size": 4, "min_count": 1, "max_length": 6},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.py").write_text("def f(x):\n    return x + 1  # more\n" * 40)
    (tmp_path / "a.tsv").write_text("".join(f"good\tvery nice day {i}\nbad\tnot a nice night {i}\n" for i in range(20)))
    return tmp_path


@pytest.fixture
def start(qtbot: QtBot, make_window: Callable[..., MainWindow], data: Path) -> Callable[..., Any]:
    """Trains a tiny network through the form and the Train button, and pauses it; its tab."""

    def train(recipe: str, file: str = "a.txt", steps: int = 1_000_000) -> Any:
        window = make_window("Sequences")
        panel: Any = window.panel("Sequences")
        panel.form.recipe_box.setCurrentText(recipe)
        panel.form.fields.reset()
        if recipe not in ("seq2seq", "ntm", "captions"):
            panel.form.fields.set_values({"data": f"file:{data / file}"})
        panel.form.fields.set_values({"validate_every": 0, **({} if recipe == "ngram" else {"precision": "fp32"}), **TINY[recipe]})
        panel.form.steps.setValue(steps)
        assert panel.form.fields.valid(), panel.form.fields.problem.text()
        qtbot.mouseClick(panel.form.train_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(window.sessions.bridges), timeout=LONG)
        bridge = window.sessions.bridges[-1]
        qtbot.waitUntil(lambda: bridge.latest.done > 2 or not bridge.running, timeout=LONG)
        if bridge.running:
            panel.current_tab().transport.pause.click()
            qtbot.waitUntil(lambda: bridge.latest.status in ("paused", "finished"), timeout=LONG)  # A text may have been read by then.
        return panel.current_tab()

    return train


def face(tab: Any, kind: type) -> Any:
    """A page brought to the front."""
    page = tab.page_tabs.page_of(kind)
    tab.page_tabs.setCurrentWidget(page)
    return page


def test_it_writes_after_the_prompt_that_is_typed(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), TextGenerationPage)
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
def test_each_step_appends_the_candidate_in_colour(qtbot: QtBot, start: Callable[..., Any], recipe: str) -> None:
    page = face(start(recipe), TextGenerationPage)
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


def test_token_by_token_goes_on_by_itself(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), TextGenerationPage)
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.tokens >= 4, timeout=LONG)
    qtbot.mouseClick(page.play_button, Qt.MouseButton.LeftButton)
    assert not page.timer.isActive()


def test_a_character_that_the_network_does_not_know_is_named(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), TextGenerationPage)
    page.prompt.setPlainText("5 €")
    qtbot.waitUntil(lambda: "'€'" in page.problem.text() and page.problem.isVisible(), timeout=LONG)
    page.prompt.setPlainText("the")
    qtbot.waitUntil(lambda: not page.problem.isVisible() and page.output.toPlainText().startswith("the"), timeout=LONG)


def test_orders_are_those_of_the_context_that_is_typed(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("ngram"), OrdersPage)
    page.given.setPlainText("the ca")

    def shown(axis: str) -> list[str]:
        return getattr(getattr(page.answer.currentWidget(), "matrix", None), "names", {}).get(axis, [])

    qtbot.waitUntil(lambda: len(shown("left")) == 4 and shown("left")[-1].startswith("ca ("), timeout=LONG)
    assert shown("bottom")[0] == "t"


def test_labels_are_shown_after_every_word_that_is_typed(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("text-class", "a.tsv"), PrefixesPage)
    page.given.setPlainText("a nice day")
    qtbot.waitUntil(
        lambda: getattr(getattr(page.answer.currentWidget(), "matrix", None), "names", {}).get("bottom") == ["a", "nice", "day"],
        timeout=LONG,
    )


def test_words_are_calculated_with_and_compared_as_they_are_typed(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("glove"), WordVectorsPage)
    for field, word in zip(page.words, ("cat", "mat", "dog"), strict=True):
        field.setText(word)

    def cells(view: Any) -> list[str]:
        table = view.currentWidget()
        return (
            [table.item(0, column).text() for column in range(table.columnCount())] if hasattr(table, "item") and table.rowCount() else []
        )

    qtbot.waitUntil(lambda: cells(page.one_hot)[:3] == ["cat", "mat", "0"], timeout=LONG)
    qtbot.waitUntil(lambda: bool(cells(page.analogy)) and cells(page.analogy)[0] not in ("cat", "mat", "dog"), timeout=LONG)
    page.words[2].setText("nothing")
    qtbot.waitUntil(lambda: "'nothing' is not in the vocabulary" in page.problem.text(), timeout=LONG)


def test_every_phrase_of_the_sentence_has_its_box(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("text-class", "a.tsv"), PhrasesPage)
    page.given.setText("a nice day")
    qtbot.waitUntil(lambda: page.pyramid.words == ["a", "nice", "day"], timeout=LONG)
    assert page.pyramid.phrase_at(page.pyramid.box(2, 1).center()) == (2, 1)
    assert page.pyramid.phrase_at(page.pyramid.box(3, 0).center()) == (3, 0)
    assert "mean over all 6 phrases" in page.mean.text()


def test_the_numbers_of_attention_are_of_the_token_that_asks(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), AttentionStepsPage)
    page.given.setText("the cat")

    def last_weight() -> str:
        table = page.numbers.currentWidget()
        return (
            str(table.item(table.rowCount() - 1, 5).text())
            if isinstance(table, TableView) and table.rowCount() == page.token.value() + 1
            else ""
        )

    page.token.setValue(3)
    qtbot.waitUntil(lambda: float(last_weight() or 0) == pytest.approx(1), timeout=LONG)
    assert page.export() == ("attention_numbers", {"text": "the cat", "layer": 1, "head": 1, "token": 3})


@drives("Cell > Next token of the cell", "Cell > Read on")
def test_the_cell_reads_token_after_token(qtbot: QtBot, start: Callable[..., Any]) -> None:
    tab = start("char-rnn")
    page, window = face(tab, CellPage), tab.window()
    menu = menu_of(window.panels["Sequences"], "Cell")
    page.given.setText("the cat")
    qtbot.waitUntil(lambda: page.place.maximum() == 6, timeout=LONG)
    page.place.setValue(2)
    assert page.diagram.token == "e"
    after = page.diagram.values["hidden h"], page.diagram.values["cell c"]
    press(qtbot, window, menu, "Next token of the cell")
    assert (page.diagram.token, page.diagram.values["h before"], page.diagram.values["c before"]) == ("␣", *after)
    press(qtbot, window, menu, "Read on")
    qtbot.waitUntil(lambda: page.place.value() > 3, timeout=LONG)
    qtbot.mouseClick(page.play, Qt.MouseButton.LeftButton)
    assert not page.timer.isActive()


def test_a_click_switches_a_head_off_and_on(qtbot: QtBot, start: Callable[..., Any]) -> None:
    tab = start("gpt")
    page = face(tab, HeadsPage)
    page.given.setText("the cat")
    qtbot.waitUntil(lambda: page.grid.effects.shape == (2, 2), timeout=LONG)
    for place in ((1, 2), (2, 1)):
        qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=page.grid.box(*place).center().toPoint())
    assert page.off.text() == "1.2, 2.1"
    bars = page.without, page.whole
    qtbot.waitUntil(lambda: all(bar.values is not None for bar in bars) and not np.allclose(*(bar.values for bar in bars)), timeout=LONG)
    qtbot.mouseClick(page.grid, Qt.MouseButton.LeftButton, pos=page.grid.box(1, 2).center().toPoint())
    assert page.grid.off == {(2, 1)}
    page.off.setText("9.9")
    qtbot.waitUntil(lambda: "layers 1 to 2" in page.problem.text(), timeout=LONG)


def test_a_word_of_both_texts_is_followed_through_the_layers(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), LayersPage)
    qtbot.waitUntil(lambda: page.texts.text().startswith("Compared"), timeout=LONG)
    page.given.setText("the cat sat")
    page.other.setText("the dog the cat")
    qtbot.waitUntil(lambda: "the dog" in page.texts.text(), timeout=LONG)
    page.word.setText("zebra")
    qtbot.waitUntil(lambda: "word in common" in page.problem.text(), timeout=LONG)


def test_hovering_over_a_token_shows_where_it_looks(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("gpt"), AttentionPage)
    page.given.setText("the cat sat")
    qtbot.waitUntil(lambda: page.text.labels == list("the␣cat␣sat"), timeout=LONG)

    def hovered(token: int) -> bool:
        qtbot.mouseMove(page.text, QPoint(0, 0))  # Qt passes over a move to where the mouse is already.
        qtbot.mouseMove(page.text, page.text.places[token].center().toPoint())
        return bool(page.text.token == token)

    for token in (5, 2):
        qtbot.waitUntil(lambda token=token: hovered(token), timeout=LONG)
        assert page.text.row().sum() == pytest.approx(1.0, abs=1e-4)
        assert not page.text.row()[token + 1 :].any()
        assert f"Token {token + 1}, {'the␣cat␣sat'[token]!r}" in page.sentence.text()
    qtbot.mouseClick(page.text, Qt.MouseButton.LeftButton, pos=page.text.places[2].center().toPoint())
    qtbot.mouseMove(page.text, page.text.places[7].center().toPoint())
    QApplication.processEvents()
    assert page.text.token == 2  # A click keeps the token.
    row = page.text.row().copy()
    page.head.stepUp()
    qtbot.waitUntil(lambda: not np.array_equal(page.text.row(), row), timeout=LONG)


def test_a_sentence_is_translated_with_its_alignment_and_its_beam(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("seq2seq"), TextTranslationPage)
    qtbot.keyClicks(page.sentence, "ten")
    qtbot.waitUntil(lambda: page.result.toPlainText().startswith("ten\n"), timeout=LONG)
    qtbot.waitUntil(
        lambda: isinstance(page.alignment.currentWidget(), HeatmapView) and page.tree.toPlainText().startswith("<SOS>"), timeout=LONG
    )
    axis = page.alignment.currentWidget().matrix.item.getAxis("bottom")
    qtbot.waitUntil(lambda: [name for _, name in axis._tickLevels[0]] == list("ten"), timeout=LONG)
    page.beam.setValue(1)
    qtbot.waitUntil(lambda: len(page.result.toPlainText().splitlines()) == 3, timeout=LONG)


def test_typed_source_is_tagged(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("tag", "a.py"), TagPage)
    qtbot.keyClicks(page.given, "x = 1")
    qtbot.waitUntil(
        lambda: isinstance(page.answer.currentWidget(), TextView) and page.answer.currentWidget().text.toPlainText() == "x = 1",
        timeout=LONG,
    )
    assert "keyword" in page.answer.currentWidget().legend.text()


def test_a_typed_sentence_gets_the_probabilities_of_its_labels(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("text-class", "a.tsv"), ClassifyPage)
    qtbot.keyClicks(page.given, "a nice day")
    qtbot.waitUntil(
        lambda: isinstance(page.answer.currentWidget(), BarsView) and set(page.answer.currentWidget().bars.names) == {"good", "bad"},
        timeout=LONG,
    )


def test_a_finished_run_still_writes_from_disk(qtbot: QtBot, start: Callable[..., Any]) -> None:
    tab = start("gpt", steps=3)
    panel: Any = tab.window().panel("Sequences")
    run = tab.run
    qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
    panel.close_tab(0)
    panel.open_run(run)
    page = face(panel.current_tab(), TextGenerationPage)
    qtbot.waitUntil(lambda: len(page.output.toPlainText()) > 100, timeout=LONG)


def test_a_broken_file_is_told_and_trains_nothing(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: Any
) -> None:
    window = make_window("Sequences")
    told: list[str] = []
    panel: Any = window.panel("Sequences")
    monkeypatch.setattr(panel.context, "report", lambda sentence, trace: told.append(sentence))
    (tmp_path / "a.tsv").write_text("one column\n" * 9)
    panel.form.recipe_box.setCurrentText("text-class")
    panel.form.fields.set_values({"data": f"file:{tmp_path / 'a.tsv'}"})
    qtbot.mouseClick(panel.form.train_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    assert "line 1: expected two columns" in told[0]
    assert not window.sessions.bridges


def test_each_recipe_is_offered_the_data_that_it_can_learn(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Sequences").panel("Sequences")
    assert panel.form.recipe_box.currentText() == "gpt"  # At the first start.
    for recipe, first in (("seq2seq", "dates"), ("tag", "stdlib"), ("forecast", "ram"), ("gpt", "pydocs")):
        panel.form.recipe_box.setCurrentText(recipe)
        assert panel.form.fields.values()["data"] == first
        assert panel.form.fields.valid()
        assert "file:PATH" in panel.form.fields.rows["data"].editor.own()


def test_the_explanation_is_that_of_the_recipe(make_window: Callable[..., MainWindow]) -> None:
    panel: Any = make_window("Sequences").panel("Sequences")
    for recipe in panel.recipes:
        panel.form.recipe_box.setCurrentText(recipe)
        assert len(panel.about_label.text()) > 200, recipe
    panel.form.recipe_box.setCurrentText("word2vec")
    assert "Mikolov" in panel.about_label.text()


@drives(
    "Text > Next token", "Text > Token by token", "Text > Next seed", "Text > Generate", "Attention > Next head", "Attention > Next layer"
)
def test_shortcuts_of_the_text_menu_reach_the_page(qtbot: QtBot, start: Callable[..., Any]) -> None:
    tab = start("gpt")
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


def test_a_file_is_chosen_by_its_key(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window("Sequences")
    panel: Any = window.panel("Sequences")
    (tmp_path / "Märchen $1.txt").write_text("Es war einmal")
    monkeypatch.setattr(QFileDialog, "exec", lambda self: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda self: [str(tmp_path / "Märchen $1.txt")])
    press(qtbot, window, panel.session_menu, "Train on your own data")
    assert panel.form.fields.values()["data"] == f"file:{tmp_path / 'Märchen $1.txt'}"
    assert panel.form.fields.rows["data"].editor.currentText() == "Märchen $1.txt"


def test_every_character_of_tagged_text_has_the_colour_of_its_kind(qtbot: QtBot) -> None:
    box = TextView()
    qtbot.addWidget(box)
    names = ["space", "keyword", "name", "", "", "comment"]
    for text, kinds in (("if 😀 x", [1, 1, 0, 5, 0, 2]), ("a\n  if\n", [2, 0, 0, 0, 1, 1, 0])):
        box.show_answer(Text(text, np.array(kinds), names))
        cursor = QTextCursor(box.text.document())
        for character, kind in zip(text, kinds, strict=True):
            cursor.setPosition(cursor.position() + len(character.encode("utf-16-le")) // 2)
            assert character == "\n" or cursor.charFormat().foreground().color() == box.hue(kind)
    assert "comment" in box.legend.text()


def test_tagged_text_paints_the_first_word_of_a_line_in_its_colour(qtbot: QtBot) -> None:
    box = TextView()
    qtbot.addWidget(box)
    font = box.text.font()
    font.setPixelSize(40)  # So large that some pixels are nothing but letter.
    box.text.setFont(font)
    box.resize(300, 300)
    box.show()
    box.show_answer(Text("a\n  if\n", np.array([2, 0, 0, 0, 1, 1, 0]), ["space", "keyword", "name"]))
    picture = box.text.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert box.hue(1).name() in seen


def test_dots_move_in_place(qtbot: QtBot) -> None:
    plot = ScatterPlot()
    qtbot.addWidget(plot)
    for shift in (0.0, 5.0):
        plot.show_answer(Scatter(np.array([[0.0, 1.0], [2.0, 3.0]]) + shift, np.array([0, 1]), ["one", "two"], labels=["a", "b"]))
    assert list(plot.groups) == ["one", "two"]
    assert [text.toPlainText() for text in plot.labels] == ["a", "b"]
    assert plot.labels[1].pos().x() == 7.0
    plot.show_answer(Scatter(np.zeros((1, 2)), np.array([0]), ["one"]))
    assert list(plot.groups) == ["one"]
    assert plot.labels == []


def test_labels_that_lie_over_others_show_when_one_zooms_in(qtbot: QtBot) -> None:
    plot = ScatterPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    points = np.array([[0.0, 0.0], [0.01, 0.0], [1.0, 1.0]])
    plot.show_answer(Scatter(points, np.zeros(3, int), labels=["first", "over it", "far"]))
    qtbot.waitUntil(lambda: plot.item.getViewBox().viewRange()[0][1] > 0.9, timeout=LONG)
    assert [text.isVisible() for text in plot.labels] == [True, False, True]
    plot.item.getViewBox().setRange(xRange=(-0.01, 0.03), yRange=(-1, 1))
    assert [text.isVisible() for text in plot.labels] == [True, True, True]


def test_a_heat_map_names_as_many_rows_as_there_is_room_for(qtbot: QtBot) -> None:
    answer = AnswerView()
    qtbot.addWidget(answer)
    answer.resize(400, 300)
    answer.show()
    names = [f"r{i}" for i in range(100)]
    answer.show_answer(Heatmap(np.eye(100), x_ticks=names, y_ticks=names))
    shown = [name for _, name in answer.currentWidget().matrix.item.getAxis("left")._tickLevels[0]]
    assert shown[0] == "r0"
    assert 3 < len(shown) < 30
    assert answer.currentWidget().matrix.item.getViewBox().yInverted()


def test_place_of_a_token_follows_the_width(qtbot: QtBot) -> None:
    from gui.sequences.attention_page import AttentionText

    text = AttentionText()
    qtbot.addWidget(text)
    text.resize(200, 100)
    text.show()
    text.show_weights(list("abcdefghijklmnopqrstuvwxyz"), np.eye(26))
    rows = {place.y() for place in text.places}
    assert len(rows) > 1
    assert text.token_at(text.places[20].center()) == 20
    assert text.token_at(QPoint(-5, -5).toPointF()) == -1


def test_longer_sequences_and_other_ones_are_shown_with_the_heads(qtbot: QtBot, start: Callable[..., Any]) -> None:
    page = face(start("ntm"), MemoryPage)

    def width(picture: Any) -> int:
        return picture.image.width() if picture.image is not None else 0

    qtbot.waitUntil(lambda: width(page.bits) > 0 and width(page.heads) > 0, timeout=LONG)
    before = page.bits.image
    page.length.setValue(60)
    qtbot.waitUntil(lambda: page.heads.image.width() > 3 * 100 and page.bits.image != before, timeout=LONG)
    before = page.bits.image
    qtbot.mouseClick(page.another, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.bits.image != before, timeout=LONG)
    qtbot.waitUntil(lambda: not isinstance(page.errors.currentWidget(), TextView), timeout=LONG)


@drives("Captions > Next image", "Captions > Open image", "Captions > Agent's screen")
def test_a_caption_is_written_and_its_words_light_up_where_they_look(
    qtbot: QtBot, start: Callable[..., Any], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DATA", str(data))
    tab = start("captions")
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
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(data / "nothing.png"), ""))
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
