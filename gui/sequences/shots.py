"""The Sequences panel's pictures: networks learn to write, to translate and to tag, and every page of them is taken."""

from typing import Any

from gui.event_loop import pause, until
from gui.photographer import Photographer
from gui.run_tab import RunTab
from gui.sequences.attention_page import AttentionPage
from gui.sequences.attention_steps_page import AttentionStepsPage
from gui.sequences.captions_page import CaptionsPage
from gui.sequences.cell_page import CellPage
from gui.sequences.heads_page import HeadsPage
from gui.sequences.input_pages import ClassifyPage, TagPage
from gui.sequences.layers_page import LayersPage
from gui.sequences.memory_page import MemoryPage
from gui.sequences.text_generation_page import TextGenerationPage
from gui.sequences.text_translation_page import TextTranslationPage

RUNS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("seq2seq", {"pairs": 5000, "hidden": 64, "width": 64, "decay_steps": 400}, 400),
    ("tag", {"characters": 300_000, "decay_steps": 400}, 400),
    ("text-class", {}, 600),
    ("forecast", {"decay_steps": 500}, 500),
    ("word2vec", {"decay_steps": 1500}, 1500),
    ("char-rnn", {"hidden": 128, "decay_steps": 300}, 300),
    ("gpt", {"decay_steps": 1000}, 1000),
    ("ntm", {"length": 8, "locations": 24, "growing_steps": 400, "decay_steps": 1200}, 1200),
    ("captions", {"games": "pong", "frames": 400, "decay_steps": 600}, 600),
)
"""What is trained for the pictures: small, so that there is something to see soon."""
SECONDS = 240.0
"""The longest that each trains; on a machine with nothing else to do none takes a quarter of it."""
SOURCE = '''class Stack:
    """Last in, first out."""

    def __init__(self, items=()):
        self.items = list(items)  # a copy

    def pop(self, default=None):
        if not self.items:
            return default
        return self.items.pop()

    def __len__(self):
        return len(self.items)


for i in range(10):
    print(f"{i:3d}", 0x1F * i, "of", 3.14e2)
'''
SENTENCE = "The for statement goes through the items of a list, and its else clause runs when the loop is not left by break."


def take(photographer: Photographer) -> None:
    """Train and take every page."""
    for recipe, fields, steps in RUNS:
        photographer.train_in("Sequences", recipe, fields, steps, SECONDS)
    scenes(photographer)


def scenes(photographer: Photographer) -> None:
    """Take the pages of the runs that are open, one of each recipe."""
    panel: Any = photographer.window.go_to("Sequences")
    tabs: dict[str, RunTab] = {tab.run.recipe.name: tab for tab in panel.tabs.all()}

    def page(recipe: str, kind: type) -> Any:
        tab = tabs[recipe]
        panel.tabs.setCurrentWidget(tab)
        shown = tab.page_tabs.page_of(kind)
        assert shown is not None
        tab.page_tabs.setCurrentWidget(shown)
        return shown

    def write() -> None:
        shown = page("gpt", TextGenerationPage)
        until(lambda: len(shown.output.toPlainText()) > 50 and shown.bars.chosen >= 0, 60)

    def attention() -> None:
        shown = page("gpt", AttentionPage)
        shown.layer.setValue(1)
        until(lambda: bool(shown.text.labels) and shown.all.image is not None, 60)
        shown.text.choose(len(shown.text.labels) * 3 // 4)

    def inside(kind: type, text: str) -> None:
        shown = page("gpt", kind)
        shown.given.setText(text)
        until(lambda: all(query.settled for query in shown.queries), 60)

    def heads() -> None:
        inside(HeadsPage, "the name of th")
        page("gpt", HeadsPage).off.setText("1.1, 2.3")
        pause(2)

    def cell() -> None:
        shown = page("char-rnn", CellPage)
        shown.given.setText("the name of the class")
        until(lambda: shown.place.maximum() == 20, 60)
        shown.place.setValue(9)

    def views(recipe: str, wanted: tuple[str, ...]) -> None:
        tab = tabs[recipe]
        panel.tabs.setCurrentWidget(tab)
        panel.form.recipe_box.setCurrentText(recipe)
        tab.page_tabs.setCurrentWidget(tab.split)
        until(lambda: bool(tab.views.switches), 60)
        for frame in list(tab.views.frames):
            tab.views.remove(frame)
        for name in wanted:
            tab.views.switches[name].click()
        until(lambda: all(frame.answer is not None for frame in tab.views.frames), 60)
        pause(1)

    def translate() -> None:
        shown = page("seq2seq", TextTranslationPage)
        shown.sentence.setText("the twenty-first of march nineteen oh five")
        until(lambda: shown.result.toPlainText().startswith("the twenty-first") and shown.tree.toPlainText() != "", 60)

    def tag() -> None:
        shown = page("tag", TagPage)
        shown.given.setPlainText(SOURCE)
        until(lambda: getattr(getattr(shown.answer.currentWidget(), "answer", None), "text", "") == SOURCE, 60)

    def classify() -> None:
        shown = page("text-class", ClassifyPage)
        shown.given.setPlainText(SENTENCE)
        until(lambda: hasattr(shown.answer.currentWidget(), "bars"), 60)

    def memory() -> None:
        shown = page("ntm", MemoryPage)
        shown.length.setValue(8)
        until(lambda: shown.heads.image is not None and all(query.settled for query in shown.queries), 60)

    def caption() -> None:
        shown = page("captions", CaptionsPage)
        until(lambda: len(shown.words.labels) > 6, 60)
        shown.words.choose(5)

    def about() -> None:
        panel.about_dock.raise_()

    photographer.scene("sequences-write", write)
    photographer.scene("sequences-attention", attention)
    photographer.scene("sequences-steps", lambda: inside(AttentionStepsPage, "the name of"))
    photographer.scene("sequences-heads", heads)
    photographer.scene("sequences-layers", lambda: inside(LayersPage, ""))
    photographer.scene("sequences-cell", cell)
    photographer.scene("sequences-gates", lambda: views("char-rnn", ("gates", "gradient_by_distance")))
    photographer.scene("sequences-translate", translate)
    photographer.scene("sequences-tag", tag)
    photographer.scene("sequences-classify", classify)
    photographer.scene("sequences-forecast", lambda: views("forecast", ("forecast", "one_step_ahead")))
    photographer.scene("sequences-words", lambda: views("word2vec", ("words", "neighbours")))
    photographer.scene("sequences-memory", memory)
    photographer.scene("sequences-captions", caption)
    photographer.scene("sequences-about", about)
    panel.settings_dock.raise_()
