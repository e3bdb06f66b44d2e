"""Fixtures of the app's tests: no screen, runs and settings in a temporary folder, and a check that nothing is left over.

A test fails if it leaves a thread, an active timer or a top-level widget behind, with the name of what it left.
"""

import gc
import itertools
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sequence_runs
import shiboken6

if os.environ.get("QT_QPA_PLATFORM", "offscreen") == "offscreen":  # Qt's own is a screen of 800x800.
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).with_name('screen.json')}"

from controls import TINY, TINY_CLASSIFIER
from latent_space import LEFT, LONG, SETTINGS
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from agents.dqn_config import DQNFastConfig
from gui import theme
from gui.closing import Closing
from gui.main_window import MainWindow
from gui.widgets.config_form import ConfigForm
from lab import registry
from lab.paths import runs_folder
from lab.setting_groups import GROUPS

EXAMPLES = registry.EXAMPLES


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["lab"]


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    """Runs, settings and caches in a folder of the test's own."""
    monkeypatch.setenv("LAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    qapp.setStyle("Fusion")
    theme.apply(qapp, "light")


@pytest.fixture(autouse=True)
def _nothing_left(qapp: QApplication, _own_place: None) -> Iterator[None]:
    """Fail the test that leaves a thread, a timer or a top-level widget behind."""
    settle()
    gc.freeze()  # What was there before the test, torch above all, need not be searched for what the test leaves behind.
    gc.disable()  # As in the app (gui/garbage.py): a widget must not be destroyed in a session's thread.
    threads = set(threading.enumerate())
    widgets = set(addresses())
    yield
    gc.enable()
    settle()
    # pyqtgraph's fields announce a change a third of a second later, with a timer that then stops.
    deadline = time.monotonic() + 5
    while active_timers() and time.monotonic() < deadline:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    new = [thread for thread in threading.enumerate() if thread not in threads]
    for thread in new:  # One that was told to end, as the reader's of a film, may need a moment on a busy machine.
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in new if thread.is_alive()]
    assert not left, f"threads left over: {left}"
    kept = [widget for address, widget in addresses().items() if address not in widgets]
    assert not kept, f"top-level widgets left over: {kept}"
    timers = active_timers()
    assert not timers, f"timers left over: {[(timer, timer.parent()) for timer in timers]}"


def addresses() -> dict[int, QWidget]:
    """The top-level widgets by where Qt has them: Python's objects may be made anew for each look."""
    return {shiboken6.getCppPointer(widget)[0]: widget for widget in QApplication.topLevelWidgets()}


def settle() -> None:
    """Let Qt delete what is to be deleted."""
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        QCoreApplication.processEvents()
        gc.collect()


def active_timers() -> list[QTimer]:
    """The app's own timers that still run."""
    timers = [thing for thing in gc.get_objects() if type(thing) is QTimer]
    return [timer for timer in timers if alive(timer) and timer.isActive() and not timer.isSingleShot()]


def alive(thing: QObject) -> bool:
    import shiboken6

    return bool(shiboken6.isValid(thing))


@pytest.fixture
def make_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., MainWindow]]:
    """Makes main windows as the app does; each is closed, its sessions stopped, at the end of the test."""
    made: list[MainWindow] = []
    monkeypatch.setattr(Closing, "confirm", lambda self, training: True)  # `ASKS` puts the question back.

    def make(panel: str = "Atari", watch: bool = False, example: bool = False) -> MainWindow:
        # Panels show example runs until there is one of one's own; most tests have no use for these either.
        monkeypatch.setattr(registry, "EXAMPLES", EXAMPLES if example else EXAMPLES / "none")
        window = MainWindow()
        made.append(window)
        window.show()
        if not watch:
            # What the panel does first is to let an agent play, which most tests have no use for.
            window.panel("Atari").hang = lambda agents: None  # type: ignore[attr-defined]
            window.panel("Atari").offer = lambda sources: None  # type: ignore[attr-defined]
        window.go_to(panel)
        window.started()
        return window

    yield make
    for window in made:
        if not window.closing.begun:
            window.close()
        qtbot.waitUntil(lambda window=window: not window.isVisible(), timeout=60_000)
        window.deleteLater()
    made.clear()
    settle()


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    """A main window with the Atari panel in front and nobody playing."""
    return make_window()


@pytest.fixture
def train(qtbot: QtBot) -> Callable[..., Any]:
    """Starts a tiny run through the form and the Train button of a window; its session's bridge."""

    def start(window: MainWindow, steps: int = 1_000_000, **values: Any) -> Any:
        panel: Any = window.panel("Atari")
        panel.form.recipe_box.setCurrentText("dqn-fast")
        panel.form.fields.reset()
        panel.form.fields.set_values({**TINY, **values})
        panel.form.steps.setValue(steps)
        count = len(window.sessions.bridges)
        panel.form.train_button.click()
        qtbot.waitUntil(lambda: len(window.sessions.bridges) > count, timeout=60_000)
        return window.sessions.bridges[-1]

    return start


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Trains a run of some settings once for all tests; its folder, to be copied."""
    made: dict[str, Path] = {}

    def make(steps: int, fields: dict[str, Any]) -> Path:
        from lab.api import train as train_run

        key = json.dumps([steps, fields], sort_keys=True)
        if key not in made:
            folder = tmp_path_factory.mktemp("trained") / "run"
            train_run("dqn-fast", steps=steps, device="cpu", run=folder, **{"game": "pong", **TINY, **fields})
            made[key] = folder
        return made[key]

    return make


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two short runs of a classifier, trained once for all tests, to be copied."""
    from lab.api import train

    folder = tmp_path_factory.mktemp("classifiers")
    return [train("classify", steps=60, device="cpu", run=folder / f"digits-s{seed}", seed=seed, **TINY_CLASSIFIER).path for seed in (0, 1)]


@pytest.fixture
def stored(qapp: QApplication, trained_once: Callable[..., Path]) -> Callable[..., Any]:
    """Makes stored runs without a window."""
    count = itertools.count()

    def make(steps: int = 40, run: Path | None = None, **values: Any) -> Any:
        from lab.paths import runs_folder
        from lab.run import Run

        target = run or runs_folder() / f"dqn-fast-pong-s0-20260101-12000{next(count)}"
        shutil.copytree(trained_once(steps, values), target)
        return Run(target)

    return make


@pytest.fixture
def three_runs(qtbot: QtBot, make_window: Callable[..., MainWindow], stored: Callable[..., Any]) -> Any:
    """The Runs panel with the runs alpha, beta and gamma."""
    stored(steps=30, seed=1, run=runs_folder() / "alpha")
    stored(steps=60, seed=2, game="breakout", run=runs_folder() / "beta")
    stored(steps=45, seed=3, gamma=0.9, run=runs_folder() / "gamma")
    panel: Any = make_window("Runs").panels["Runs"]
    qtbot.waitUntil(lambda: panel.list.table.rowCount() == 3, timeout=60_000)
    return panel


@pytest.fixture
def latent_tab(qtbot: QtBot, make_window: Callable[..., MainWindow]) -> Callable[..., Any]:
    """Trains a tiny model through the form and the Train button; the run's tab once its samples are shown and, if it is short, its training has ended."""

    def start(recipe: str = "vae", steps: int = 4, **values: Any) -> Any:
        window = make_window("Generate")
        panel: Any = window.panel("Generate")
        panel.form.recipe_box.setCurrentText(recipe)
        panel.form.fields.reset()
        panel.form.fields.set_values({**SETTINGS[recipe], **values})
        panel.form.steps.setValue(steps)
        qtbot.mouseClick(panel.form.train_button, LEFT)
        qtbot.waitUntil(lambda: panel.current_tab() is not None, timeout=LONG)
        tab = panel.current_tab()
        (tab.browser,) = tab.page_tabs.sidebars.values()
        tab.state = tab.browser.state
        if steps < 1_000:  # What is asked from here on is answered with the last weights.
            qtbot.waitUntil(lambda: not tab.bridge.running, timeout=LONG)
        qtbot.waitUntil(lambda: tab.browser.samples.image is not None, timeout=LONG)
        tab.window_, tab.panel_ = window, panel
        return tab

    return start


@pytest.fixture
def form(qtbot: QtBot) -> ConfigForm:
    """The form of `dqn-fast` on two games, all groups open."""
    made = ConfigForm()
    qtbot.addWidget(made)
    made.set_open_groups(GROUPS)
    made.set_config(DQNFastConfig, {"game": ("breakout", "pong")})
    return made


@pytest.fixture
def own_files(tmp_path: Path) -> Path:
    """A folder with a text, a Python file and a table of labels and sentences."""
    (tmp_path / "a.txt").write_text(sequence_runs.TEXT)
    (tmp_path / "a.py").write_text("def f(x):\n    return x + 1  # more\n" * 40)
    (tmp_path / "a.tsv").write_text("".join(f"good\tvery nice day {i}\nbad\tnot a nice night {i}\n" for i in range(20)))
    return tmp_path


@pytest.fixture
def sequence_tab(qtbot: QtBot, make_window: Callable[..., MainWindow], own_files: Path) -> Callable[..., Any]:
    """Trains a tiny network for sequences through the form and the Train button, and pauses it; its tab."""

    def start(recipe: str, file: str = "a.txt", steps: int = 1_000_000) -> Any:
        window = make_window("Sequences")
        panel: Any = window.panel("Sequences")
        panel.form.recipe_box.setCurrentText(recipe)
        panel.form.fields.reset()
        if recipe not in ("seq2seq", "ntm", "captions"):
            panel.form.fields.set_values({"data": f"file:{own_files / file}"})
        precision = {} if recipe == "ngram" else {"precision": "fp32"}
        panel.form.fields.set_values({"validate_every": 0, **precision, **sequence_runs.TINY[recipe]})
        panel.form.steps.setValue(steps)
        assert panel.form.fields.valid(), panel.form.fields.problem.text()
        qtbot.mouseClick(panel.form.train_button, LEFT)
        qtbot.waitUntil(lambda: bool(window.sessions.bridges), timeout=LONG)
        bridge = window.sessions.bridges[-1]
        qtbot.waitUntil(lambda: bridge.latest.done > 2 or not bridge.running, timeout=LONG)
        if bridge.running:
            panel.current_tab().transport.pause.click()
            qtbot.waitUntil(lambda: bridge.latest.status in ("paused", "finished"), timeout=LONG)  # A text may have been read by then.
        return panel.current_tab()

    return start
