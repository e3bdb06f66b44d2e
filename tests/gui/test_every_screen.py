"""Every panel and page, with something open in it, on screens of three sizes, in light and dark, with text at 100 and 150 %."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from controls import TINY
from on_screen import faults
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.foundations.home import Home
from gui.main_window import MainWindow
from gui.pages import PAGES, page_class
from lab import registry
from lab.answers.images import ink_on
from lab.api import train
from lab.run import Run

LONG = 120_000
SIZES = ((1024, 768), (1280, 800), (1920, 1080))
LOOKS = {("light", 100): SIZES, ("dark", 150): SIZES}
"""Both themes and both sizes of text. A theme changes no widget's size, so the other two pairs would be laid out as these are."""
NARROWEST = 1000


def settle() -> None:
    for _ in range(3):
        QCoreApplication.processEvents()


def open_all(qtbot: QtBot, window: MainWindow) -> None:
    """A game that is watched beside its run, and an example in each other panel; all of them answered."""
    atari: Any = window.go_to("Atari")
    window.open_run(train("dqn-fast", steps=20, device="cpu", game="pong", **TINY))
    qtbot.waitUntil(lambda: atari.current_tab() is not None and bool(atari.current_tab().page_tabs.state.views), timeout=LONG)
    from gui.atari.weight_sources import StoredSource

    atari.watch_dock.show()
    atari.watch.play(StoredSource(atari.current_run()))
    qtbot.waitUntil(lambda: atari.watch.panes[0].drawn is not None, timeout=LONG)
    window.go_to("Foundations")
    for family in ("Generate", "Vision", "Sequences"):
        for path in registry.examples(family).values():
            window.open_run(Run(path))
            tab = window.panels[family].current_tab()  # type: ignore[attr-defined]
            qtbot.waitUntil(lambda tab=tab: bool(tab.page_tabs.state.views), timeout=LONG)


def screens(window: MainWindow) -> Iterator[str]:
    """Bring each page of each panel to the front, with its name."""
    for name, panel in window.panels.items():
        window.go_to(name)
        tabs = getattr(panel, "tabs", None)
        for tab in tabs.all() if tabs is not None else ():
            tabs.setCurrentWidget(tab)
            for index in tab.page_tabs.visible_tabs():
                tab.page_tabs.bar.setCurrentIndex(index)
                yield f"{name} > {tab.run.name} > {tab.page_tabs.bar.tabText(index)}"
        home: Home | None = getattr(panel, "home", None)
        if home is not None:
            tabs.setCurrentWidget(home)
            for index in range(home.bar.count()):
                home.go_to(index)
                yield f"{name} > {home.bar.tabText(index)}"
        elif tabs is None or not tabs.all():
            yield name


def answered(window: MainWindow) -> bool:
    """Whether the page in front waits for nothing."""
    pages: Any = getattr(window.stack.currentWidget(), "pages_in_front", lambda: None)()
    return pages is None or pages.page is None or not any(query.waiting for query in pages.page.queries)


@pytest.fixture
def full(qtbot: QtBot, make_window: Callable[..., MainWindow], qapp: QApplication) -> Iterator[MainWindow]:
    window = make_window()
    open_all(qtbot, window)
    window.go_to("Runs")
    yield window
    theme.set_text(qapp, 100)
    theme.apply(qapp, "light")


def test_nothing_is_cut_or_outside_on_any_screen(qtbot: QtBot, qapp: QApplication, full: MainWindow) -> None:
    wrong: dict[str, list[str]] = {}
    for (look, percent), sizes in LOOKS.items():
        theme.apply(qapp, look)
        theme.set_text(qapp, percent)
        for name in screens(full):
            qtbot.waitUntil(lambda: answered(full), timeout=LONG)
            for size in sizes:
                full.resize(*size)
                settle()
                least = full.minimumSizeHint()
                if percent == 100 and least.width() > NARROWEST:
                    wrong.setdefault("the window is too wide", []).append(f"{name}: {least.width()}")
                if (full.width(), full.height()) != size:
                    wrong.setdefault("the window does not fit", []).append(f"{name}: {full.width()}x{full.height()} at {percent} %")
                for fault in faults(full):
                    wrong.setdefault(fault, []).append(f"{name} at {size[0]} in {look} at {percent} %")
    assert not wrong, "\n".join(f"{fault}  [{len(where)}x, first {where[0]}]" for fault, where in wrong.items())


OTHERS: dict[str, tuple[int, dict[str, Any]]] = {
    "dream": (1, {"source": "random", "frames": 64, "size": 16, "features": 8, "overview": 8, "batch_size": 2}),
    "tabular-q": (20, {"maze": "tiny"}),
    "cvae": (1, {"data": "digits", "size": 8, "hidden": "16", "latent": 4}),
    "flow": (1, {"data": "digits", "size": 8, "features": 8, "batch_size": 16, "quality_every": 0}),
    "stylegan": (1, {"data": "digits", "size": 8, "features": 8, "d_features": 8, "batch_size": 16, "quality_every": 0}),
    "pixelcnn": (1, {"data": "digits", "size": 8, "features": 4, "layers": 2, "levels": 3, "batch_size": 16, "quality_every": 0}),
    "vqvae": (
        1,
        {
            "data": "digits", "size": 8, "features": 4, "entries": 8, "entry_width": 4, "prior_features": 4, "prior_layers": 2,
            "batch_size": 16, "quality_every": 0,
        },
    ),
    "segment": (1, {"data": "digits", "scenes": 20, "size": 32, "features": 4, "batch_size": 4, "patch": 24}),
    "siamese": (1, {"data": "digits", "batch_size": 20, "per_class": 2, "width": 4}),
    "style": (2, {"size": 32}),
    "toy-flow": (2, {"hidden": "8", "batch_size": 16}),
    "pix2pix": (1, {"data": "digits", "size": 16, "batch_size": 4, "features": 4, "d_features": 4, "patch_layers": 2}),
    "seq2seq": (2, {"data": "numbers", "pairs": 150, "hidden": 8, "width": 8, "batch_size": 4}),
    "char-rnn": (2, {"hidden": 8, "width": 8, "unroll": 8, "batch_size": 2, "validate_every": 0}),
    "ngram": (3, {"order": 3}),
    "glove": (2, {"width": 4, "batch_size": 16}),
    "captions": (
        1, {"games": "pong", "player": "random", "frames": 10, "features": 2, "width": 4, "hidden": 6, "batch_size": 4},
    ),
    "ntm": (2, {"length": 3, "bits": 3, "locations": 6, "width": 4, "hidden": 8, "batch_size": 4}),
    "text-class": (2, {"hidden": 6, "width": 4, "batch_size": 8}),
}  # fmt: skip
"""Small runs that have the pages which no example has."""


def test_every_page_fits_the_smallest_screen(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> None:
    window = make_window()
    window.resize(*SIZES[0])
    wrong: dict[str, str] = {}
    seen = set()
    for recipe, (steps, fields) in OTHERS.items():
        run = train(recipe, steps=steps, device="cpu", **fields)
        window.open_run(run)
        tab = window.panels[run.recipe.family].current_tab()  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda tab=tab: bool(tab.page_tabs.state.views), timeout=LONG)
        for index in tab.page_tabs.visible_tabs():
            tab.page_tabs.bar.setCurrentIndex(index)
            seen.add(type(tab.page_tabs.page))
            qtbot.waitUntil(lambda: answered(window), timeout=LONG)
            settle()
            wrong |= {fault: f"{recipe} > {tab.page_tabs.bar.tabText(index)}" for fault in faults(window)}
            if window.width() != SIZES[0][0]:
                wrong["the window is too wide"] = f"{recipe} > {tab.page_tabs.bar.tabText(index)}: {window.width()}"
                window.resize(*SIZES[0])
    assert not wrong, "\n".join(f"{fault}  [{where}]" for fault, where in wrong.items())
    examples = {page_class(name) for recipe in ("vae", "classify", "gpt", "tag") for name in registry.recipe(recipe).config_class().pages}
    assert {page_class(name) for name in PAGES} == (seen | examples) - {type(None)}


TEXTS = ("WindowText", "Text", "ButtonText", "PlaceholderText", "BrightText", "Link", "ToolTipText", "HighlightedText")
GROUNDS = {"ToolTipText": ("ToolTipBase",), "HighlightedText": ("Highlight",), "ButtonText": ("Button", "Window", "Base")}


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_has_a_contrast_of_4_5_on_every_ground_that_it_is_on(dark: bool) -> None:
    palette = theme.palette(dark)
    groups = (palette.ColorGroup.Active, palette.ColorGroup.Inactive, palette.ColorGroup.Disabled)
    poor = {}
    for group in groups:
        for text in TEXTS:
            for ground in GROUNDS.get(text, ("Window", "Base", "AlternateBase")):
                ratio = theme.contrast(
                    palette.color(group, palette.ColorRole[text]), palette.color(group, palette.ColorRole[ground])
                )  # fmt: skip
                if ratio < 4.5:
                    poor[f"{group.name} {text} on {ground}"] = round(ratio, 2)
    assert poor == {}


@pytest.mark.parametrize("dark", [False, True])
def test_lines_and_dots_have_a_contrast_of_3_on_the_ground_of_plots(dark: bool) -> None:
    from gui.generate.plane_page import CLASS_COLOURS

    ground = (theme.DARK if dark else theme.LIGHT)["Base"]
    poor = {hue: round(theme.contrast(hue, ground), 2) for hue in (*theme.COLOURS, *CLASS_COLOURS) if theme.contrast(hue, ground) < 3}
    assert poor == {}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("hue", theme.COLOURS)
def test_words_in_a_colour_are_read_on_every_ground(hue: str, dark: bool) -> None:
    colours = theme.DARK if dark else theme.LIGHT
    assert min(theme.contrast(theme.readable(hue, dark), colours[ground]) for ground in ("Base", "AlternateBase", "Window")) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_what_is_marked_in_diagrams_and_on_the_wall_is_read(dark: bool) -> None:
    from gui.atari.wall import GREEN

    ground = (theme.DARK if dark else theme.LIGHT)["Window"]
    assert theme.contrast(theme.ACCENT[dark], ground) >= 4.5
    assert theme.contrast(GREEN[dark], ground) >= 4.5


@pytest.mark.parametrize("hue", [*theme.COLOURS, "#2f6fc0"])
def test_words_on_a_colour_are_black_or_white_whichever_is_read(hue: str) -> None:
    ground = QColor(hue)
    assert theme.contrast(QColor(*ink_on((ground.red(), ground.green(), ground.blue()))), ground) >= 4.5


def test_contrast_is_as_wcag_defines_it() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # Their own example of a grey that just passes.
    assert theme.contrast(QColor("#ffffff"), "#ffffff") == 1


def test_what_is_cut_is_found(qtbot: QtBot) -> None:
    """The negative control."""
    from PySide6.QtWidgets import QComboBox, QLabel, QPushButton

    root = QWidget()
    qtbot.addWidget(root)
    root.resize(300, 200)
    cut = (QLabel("a label that is far too long for its room", root), QPushButton("a button that is far too long", root), QComboBox(root))
    cut[2].addItem("a choice that is far too long")
    for i, widget in enumerate(cut):
        widget.setGeometry(10, 10 + 40 * i, 60, 30)
    outside = QLabel("x", root)
    outside.setGeometry(280, 150, 60, 30)
    root.show()
    named = faults(root)
    assert len(named) == 4
    assert "outside" in named[-1]
