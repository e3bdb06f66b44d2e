"""Generating text with a language model while it trains: prompt, sampling settings, text, candidates for the next token."""

from typing import Any, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from gui.actions import Action
from gui.page import Page
from gui.theme import code_font, colour, faint
from gui.view_query import PageState
from gui.widgets.bars import QBars
from gui.widgets.room import Turning
from gui.widgets.titled import Strong

STEP_MS = 150


MENU = "&Text"
GENERATE = Action("generate", "Generate", "Generate text from the prompt", lambda page: page.write(), "Ctrl+Return", MENU)
NEXT = Action("next_token", "Next token", "Sample one token and append it", lambda page: page.step(), "Ctrl+J", MENU)
STREAM = Action(
    "token_by_token", "Token by token", "Append tokens continuously", lambda page: page.play_button.toggle(), "Ctrl+Shift+J", MENU
)
SEED = Action("next_seed", "Next seed", "Sample another text", lambda page: page.seed.stepUp(), "Ctrl+K", MENU)


class TextGenerationPage(Page):
    """The text is regenerated during training, or extended token by token at one's own pace."""

    title: ClassVar[str] = "Generate"
    tip: ClassVar[str] = "Generate text from a prompt, also during training"
    reading: ClassVar[str] = "The bars are the most likely next tokens with their probabilities; the one that is taken is in colour."
    needs: ClassVar[tuple[str, ...]] = ("generate", "candidates")
    ACTIONS: ClassVar[tuple[Action, ...]] = (GENERATE, NEXT, STREAM, SEED)

    def __init__(self, state: PageState, parent: QWidget | None = None):
        super().__init__(state, parent)
        self.prompt = QPlainTextEdit(placeholderText="Prompt (empty: a new line)")
        self.prompt.setFixedHeight(64)
        self.prompt.setTabChangesFocus(True)
        self.output = QPlainTextEdit(readOnly=True, placeholderText="Generated text appears here.")
        for box in (self.prompt, self.output):
            box.setFont(code_font())
        self.length = QSpinBox(minimum=1, maximum=10_000, value=300, toolTip="Number of tokens to generate")
        self.temperature = QDoubleSpinBox(
            minimum=0,
            maximum=5,
            value=0.8,
            singleStep=0.1,
            toolTip="Below 1 favours likely tokens, 0 is greedy, above 1 is more random",
        )
        self.top_k = QSpinBox(
            minimum=0, maximum=1000, value=0, specialValueText="all", toolTip="Sample from the k most likely tokens only, or from all"
        )
        self.top_p = QDoubleSpinBox(
            minimum=0.01, maximum=1, value=1, singleStep=0.05, toolTip="Sample from the most likely tokens whose probabilities sum to p"
        )
        self.seed = QSpinBox(minimum=0, maximum=2**31 - 1, toolTip="Random seed")
        self.live = QCheckBox("Regenerate during training", checked=True, toolTip="Keep the text up to date with the newest weights")
        self.step_button = QPushButton("Next token", toolTip=NEXT.tooltip)
        self.play_button = QToolButton(text="Token by token", checkable=True, toolTip=STREAM.tooltip)
        self.again_button = QPushButton("Generate", toolTip=GENERATE.tooltip)
        self.bars = QBars()
        self.bars.setToolTip("Most likely next tokens with their probabilities; the sampled one is highlighted")
        self.busy = QLabel("Writing…")
        """Shown while what is on the page belongs to another prompt or other settings."""
        policy = self.busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(policy)
        self.busy.hide()
        faint(self.busy)
        self.text = ""
        """What is on the page: the prompt and what was written after it."""
        self.tokens = 0
        """How many tokens were written one by one."""
        self.last = 0
        """How many there are to be when the writing token by token ends."""
        self.stepping = False
        self.build()
        self.writing = self.query("generate", self.whole, self.show_text, self.failed)
        self.naming = self.query("candidates", self.candidates, self.show_bars, self.failed)
        self.next = self.query("generate", self.one, self.append, self.failed)
        self.next.stale = False
        self.timer = QTimer(self, interval=STEP_MS)
        self.timer.timeout.connect(self.step)
        for widget in (self.length, self.top_k, self.seed, self.temperature, self.top_p):
            widget.valueChanged.connect(self.settings_changed)
        self.prompt.textChanged.connect(self.write)
        self.again_button.clicked.connect(self.write)
        self.step_button.clicked.connect(self.step)
        self.play_button.toggled.connect(self.play)

    def build(self) -> None:
        form = QFormLayout()
        for label, widget in (
            ("Temperature", self.temperature), ("Top k", self.top_k), ("Top p", self.top_p), ("Length", self.length), ("Seed", self.seed),
        ):  # fmt: skip
            form.addRow(label, widget)
        buttons = QHBoxLayout()
        for button in (self.again_button, self.step_button, self.play_button):
            buttons.addWidget(button)
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(Strong("Prompt"))
        column.addWidget(self.prompt)
        column.addLayout(buttons)
        column.addWidget(self.problem)
        column.addWidget(self.busy)
        column.addWidget(self.output, 1)
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.addLayout(form)
        side.addWidget(self.live)
        side.addWidget(Strong("Candidates for the next token"))
        side.addWidget(self.bars)
        side.addStretch(1)
        split = Turning((700, 280), (300, 240))
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([700, 280])
        QVBoxLayout(self).addWidget(split)

    # -- questions -------------------------------------------------------------------------------------------------

    def drawing(self) -> dict[str, Any]:
        return {"temperature": self.temperature.value(), "top_k": self.top_k.value(), "top_p": self.top_p.value()}

    def whole(self) -> dict[str, Any]:
        return {"prompt": self.prompt.toPlainText(), "length": self.length.value(), "seed": self.seed.value(), **self.drawing()}

    def candidates(self) -> dict[str, Any]:
        return {"prompt": self.present(), "seed": self.seed.value() + self.tokens, "count": 15, **self.drawing()}

    def one(self) -> dict[str, Any]:
        return {"prompt": self.present(), "length": 1, "seed": self.seed.value() + self.tokens, **self.drawing()}

    def present(self) -> str:
        """The text that the next token comes after."""
        return self.text if self.stepping else self.prompt.toPlainText()

    def tick(self) -> None:
        if not self.isVisible():
            return
        self.naming.tick(self.live.isChecked())
        if not self.stepping:
            self.writing.tick(self.live.isChecked())

    # -- writing ---------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Start again from the prompt."""
        self.play_button.setChecked(False)
        self.stepping, self.tokens = False, 0
        self.refresh()

    def settings_changed(self) -> None:
        self.naming.stale = True
        if not self.stepping:
            self.writing.stale = True
            self.busy.show()
        self.show_problem("")
        self.tick()

    def refresh(self, *_: object) -> None:
        self.show_problem("")
        self.writing.stale = self.naming.stale = True
        self.busy.setVisible(not self.stepping)
        self.tick()

    def step(self) -> None:
        """Draw one token and append it; the first one comes after the prompt."""
        if not self.stepping:
            self.stepping, self.tokens, self.text = True, 0, self.prompt.toPlainText()
            self.busy.hide()
        if not self.next.waiting:
            self.next.stale = True
            self.next.tick()

    def demonstrate(self) -> None:
        self.play_button.setChecked(True)

    def play(self, on: bool) -> None:
        """Append token after token, until there are as many more as the length says."""
        self.last = (self.tokens if self.stepping else 0) + self.length.value()
        self.timer.start() if on else self.timer.stop()

    def append(self, answer: Any) -> None:
        if self.stepping:
            self.tokens += 1
            if self.tokens >= self.last and self.play_button.isChecked():
                self.play_button.setChecked(False)
            self.show_text(answer, stepped=True)
            self.naming.stale = True
            self.tick()

    def show_text(self, answer: Any, stepped: bool = False) -> None:
        """The prompt in bold, what was written after it plain."""
        if self.stepping and not stepped:
            return  # An answer to a question that was asked before the first step.
        self.text = answer.text
        self.busy.hide()
        at_end = self.output.verticalScrollBar().value() == self.output.verticalScrollBar().maximum()
        if self.output.toPlainText() == self.text:
            return
        self.output.setPlainText(self.text)
        prompt = self.prompt.toPlainText()
        if prompt and self.text.startswith(prompt):
            bold = QTextCharFormat()
            bold.setFontWeight(700)
            cursor = QTextCursor(self.output.document())
            cursor.setPosition(len(prompt.encode("utf-16-le")) // 2, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(bold)
        if stepped and at_end:
            self.output.moveCursor(QTextCursor.MoveOperation.End)

    def show_bars(self, answer: Any) -> None:
        if self.bars.names != tuple(answer.names):
            self.bars.reset(tuple(answer.names), colour(0))
        self.bars.low, self.bars.high = 0.0, 1.0
        self.bars.show_values(answer.values, answer.chosen)

    def failed(self, sentence: str) -> None:
        self.play_button.setChecked(False)
        self.busy.hide()
        self.show_problem(sentence)

    def shut(self) -> None:
        self.timer.stop()
