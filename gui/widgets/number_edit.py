"""A field for one number with bounds and a unit, which says why what was typed cannot be taken.

Qt's own spin boxes end at 2**31 or round to a fixed number of decimals; a learning rate needs neither.
"""

import math
import re
from collections.abc import Mapping

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QStyle, QStyleOptionSpinBox, QWidget

from lab.readable import singular

THOUSANDS = re.compile(r"[+-]?\d{1,3}([,.' \u00a0\u2009\u202f_]\d{3})+")
"""Such as 10,000."""
ROOM = 12
"""Pixels that Qt keeps free around a line's text, with the cursor."""


class NumberEdit(QAbstractSpinBox):
    """Holds `value`, a whole number where `whole`, from `low` to `high` (None: no bound). Steps of a real number follow its size."""

    changed = Signal()
    refused = Signal(str)
    """Why the text that was typed is not the value; "" once it is."""

    def __init__(
        self,
        whole: bool,
        low: float | None,
        high: float | None,
        unit: str = "",
        words: Mapping[float, str] | None = None,
        parent: QWidget | None = None,
    ):
        """`words` are shown in place of the numbers that stand for something else, such as "off" for 0."""
        super().__init__(parent)
        self.whole, self.low, self.high, self.unit, self.words = whole, low, high, unit, words or {}
        self.number: float = 0
        self.stepped = False
        """Whether the value was changed last by the arrows or the wheel, not by typing."""
        self.editingFinished.connect(self.take_text)
        self.set_value(0)

    def value(self) -> float:
        return self.number

    def set_value(self, value: float) -> None:
        """Show another value. Nobody is told."""
        self.number = value
        self.show_text(self.text_of(value))

    def text_of(self, value: float) -> str:
        if value in self.words:
            return self.words[value]
        number = f"{int(value):,}" if self.whole else f"{value:.6g}"
        return f"{number} {singular(self.unit) if value == 1 else self.unit}".rstrip()

    def show_text(self, text: str) -> None:
        self.lineEdit().setText(text)
        self.lineEdit().setCursorPosition(0)  # A narrow field shows where the number begins.
        self.updateGeometry()

    def take_text(self) -> None:
        """Make a value of what was typed, or say why it cannot be one."""
        text = self.lineEdit().text().strip()
        if text == self.text_of(self.number):
            return
        self.stepped = False
        said = [number for number, word in self.words.items() if word == text.lower()]
        try:
            wanted = said[0] if said else parse(text.removesuffix(self.unit).removesuffix(singular(self.unit)).strip(), self.whole)
        except ValueError as error:
            self.refused.emit(str(error))
            self.show_text(self.text_of(self.number))
            return
        self.refused.emit(self.bound_passed(wanted))
        self.change(wanted)

    def bound_passed(self, value: float) -> str:
        """Which bound a value does not keep, "" where it keeps both."""
        if self.low is not None and value < self.low:
            return f"at least {self.low:,.10g}, not {value:,.10g}"
        if self.high is not None and value > self.high:
            return f"at most {self.high:,.10g}, not {value:,.10g}"
        return ""

    def change(self, wanted: float) -> None:
        """Take a value, or the bound that is nearest to it."""
        if self.low is not None:
            wanted = max(wanted, self.low)
        if self.high is not None:
            wanted = min(wanted, self.high)
        before = self.number
        self.set_value(int(wanted) if self.whole else wanted)
        if self.number != before:
            self.changed.emit()

    # -- steps -----------------------------------------------------------------------------------------------------

    def stepBy(self, steps: int) -> None:
        self.take_text()
        self.stepped = True
        if self.whole:
            self.change(self.number + steps)
        else:
            value = self.number
            for _ in range(abs(steps)):
                value = stepped(value, 1 if steps > 0 else -1)
            self.change(value)
        self.refused.emit("")
        self.lineEdit().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag.StepNone
        if self.low is None or self.number > self.low:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        if self.high is None or self.number < self.high:
            flags |= QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
        return flags

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, place  # `take_text` says what is wrong; a key that does nothing explains nothing.

    def minimumSizeHint(self) -> QSize:
        """The room of the number with its unit: nothing is cut."""
        option = QStyleOptionSpinBox()
        self.initStyleOption(option)
        text = QSize(self.fontMetrics().horizontalAdvance(self.text_of(self.number)) + ROOM, self.lineEdit().minimumSizeHint().height())
        return self.style().sizeFromContents(QStyle.ContentsType.CT_SpinBox, option, text, self)

    def sizeHint(self) -> QSize:
        least = self.minimumSizeHint()
        return QSize(max(least.width(), 110), least.height())


def stepped(value: float, sign: int) -> float:
    """One step up or down: a tenth of the value's power of ten, so that 0.001 steps by 0.0001 and 0.0009 by 0.00001."""
    if value == 0:
        return sign * 0.001
    outward = (value > 0) == (sign > 0)
    power = math.floor(math.log10(abs(value)) + (1e-9 if outward else -1e-9))
    return float(f"{value + sign * 10.0 ** (power - 1):.6g}")


def parse(text: str, whole: bool) -> float:
    """The number that a person means. Raises ValueError that says why there is none."""
    if whole and THOUSANDS.fullmatch(text):
        return int(re.sub(r"[^\d+-]", "", text))
    if not whole and re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        raise ValueError(f"{text!r} can mean {text.replace(',', '')} or {text.replace(',', '.')}; leave the comma out, or write a point")
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    if whole and value != int(value):
        raise ValueError(f"{text!r} is not a whole number")
    return int(value) if whole else value
