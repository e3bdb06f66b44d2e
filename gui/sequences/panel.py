"""The Sequences panel: language models, translators, taggers, forecasters and word vectors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QToolButton

from gui.panel import AppContext
from gui.run_tab import RunTab
from gui.sequences.about import about
from gui.sequences.attention_page import AttentionPage
from gui.sequences.tab import SequencesTab
from gui.sequences.write_page import WritePage
from gui.training_panel import TrainingPanel
from lab.data.corpora import PAIRS, SENTENCES, SERIES, SOURCES, TEXTS
from lab.run import Run

DATA = {
    "gpt": TEXTS, "char-rnn": TEXTS, "word2vec": TEXTS, "tag": SOURCES, "text-class": SENTENCES, "forecast": SERIES, "seq2seq": PAIRS,
}  # fmt: skip


class SequencesPanel(TrainingPanel):
    """Trains the recipes of the family Sequences."""

    name = "Sequences"
    family = "Sequences"
    first_recipe = "gpt"
    first_views = (
        "gates", "gradient_by_distance", "attention", "embeddings", "alignment", "examples", "tagged", "probabilities", "sentences",
        "forecast", "one_step_ahead", "words", "neighbours",
    )  # fmt: skip
    empty_text = (
        "No run is open.\n\nChoose a recipe on the left and press Train (Ctrl+R). During training gpt and char-rnn continue your prompt, "
        "seq2seq translates your sentence and tag highlights your source.\n\ntext-class is the quickest to train; gpt on pydocs "
        "produces words within a minute or two."
    )

    def __init__(self, context: AppContext):
        self.files: list[str] = []
        self.file_button = QToolButton(text="Learn from a file…", toolTip="Learn from a text, TSV or CSV file of your own (Ctrl+O)")
        super().__init__(context)
        self.file_button.clicked.connect(self.pick_file)
        row = QHBoxLayout()
        row.addWidget(self.file_button)
        row.addStretch(1)
        self.form_layout.insertLayout(2, row)
        self.tabs.currentChanged.connect(lambda _: self.show_about())
        self.resizeDocks([self.settings_dock], [280], Qt.Orientation.Horizontal)
        self.session_menu.addSeparator()
        self.session_menu.addAction(self.action("Learn from a file…", "Ctrl+O", "A text, TSV or CSV file of your own", self.pick_file))
        self.text_menu = self.build_text_menu()
        self.show_about()

    def build_text_menu(self) -> QMenu:
        """Text: what can be done with the language model in front."""
        menu = QMenu("Te&xt", self)
        menu.setToolTipsVisible(True)
        for text, keys, tip, slot in (
            ("Write", "Ctrl+Return", "Write a text from the prompt", lambda page: page.write()),
            ("Next token", "Ctrl+J", "Draw one token and append it", lambda page: page.step()),
            ("Token by token", "Ctrl+Shift+J", "Go on by itself, one token after another", lambda page: page.play_button.toggle()),
            ("Another seed", "Ctrl+K", "Draw another text", lambda page: page.seed.setValue(page.seed.value() + 1)),
        ):
            menu.addAction(self.action(text, keys, tip, lambda slot=slot: self.in_page(WritePage, slot)))
        menu.addSeparator()
        menu.addAction(
            self.action("Next head", "Ctrl+H", "Show the attention of the next head", lambda: self.in_page(AttentionPage, next_head))
        )
        menu.addAction(
            self.action(
                "Next layer",
                "Ctrl+L",
                "Show the attention of the next layer",
                lambda: self.in_page(AttentionPage, lambda page: page.layer.setValue(page.layer.value() + 1)),
            )
        )
        return menu

    def tab_class(self, run: Run) -> type[RunTab]:
        return SequencesTab

    def menus(self) -> list[QMenu]:
        return [*super().menus(), self.text_menu]

    def in_page(self, kind: type, slot: Callable[[Any], object]) -> None:
        """Do something on a page of the run in front."""
        tab = self.current_tab()
        page = tab.page_of(kind) if isinstance(tab, SequencesTab) else None
        if page is None or not isinstance(tab, SequencesTab):
            self.context.say("Open a run of gpt or char-rnn first.")
            return
        tab.faces.setCurrentWidget(page)
        slot(page)

    # -- the form --------------------------------------------------------------------------------------------------

    def choices(self) -> dict[str, tuple[str, ...]]:
        known = DATA.get(self.recipe_box.currentText(), {})
        return {"data": (*(name for name in known if name != "file:PATH"), *self.files)}

    def choose_recipe(self, name: str) -> None:
        """Another recipe's settings; the data stays where the new one knows it."""
        self.recipe_box.setCurrentText(name)
        kept = self.form.values().get("data") if self.form.config_class is not None else None
        super().choose_recipe(name)
        if kept is not None and kept not in self.choices()["data"]:
            default = self.recipes[name].config_class().model_fields["data"].default
            self.form.set_values({"data": default})
        self.show_about()

    def pick_file(self) -> None:
        dialog = QFileDialog(self, "A text, TSV or CSV file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        if dialog.exec() and dialog.selectedFiles():
            self.use_file(Path(dialog.selectedFiles()[0]))
        dialog.deleteLater()

    def use_file(self, path: Path) -> None:
        """Offer a file as data, and choose it."""
        self.offer_file(f"file:{path}")
        self.form.set_values({"data": f"file:{path}"})

    def offer_file(self, value: str) -> None:
        if value not in self.files:
            self.files.append(value)
            values = self.form.values()
            self.form.set_config(self.recipes[self.recipe_box.currentText()].config_class(), self.choices())
            self.form.set_values(values)

    def clone(self, run: Run) -> None:
        data = str(run.stored["config"].get("data", ""))
        if data.startswith("file:"):
            self.recipe_box.setCurrentText(run.recipe.name)
            self.offer_file(data)
        super().clone(run)

    # -- what one is looking at ------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "text_menu"):
            self.about_label.clear()  # Links keep the colour of the palette in which they were written.
            self.show_about()

    def show_about(self) -> None:
        """Explain the recipe of the run in front, or of the form where there is none."""
        if hasattr(self, "about_label"):
            run = self.current_run()
            self.about_label.setText(about(run.recipe.name if run is not None else self.recipe_box.currentText()))


def next_head(page: Any) -> None:
    page.head.setValue(page.head.value() + 1)
