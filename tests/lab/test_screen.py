"""What is said where no window can be opened, before Qt ends the process over it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab import screen
from lab.cli import main
from lab.errors import LabError

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="X and Wayland")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def problem() -> str:
    with pytest.raises(LabError) as error:
        screen.check_screen()
    return str(error.value)


def test_no_screen_is_a_sentence_and_no_core_dump(capsys: pytest.CaptureFixture[str]) -> None:
    assert not screen.has_screen()
    assert main(["gui"]) == 1
    assert "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Try `lab train`" in capsys.readouterr().err


def test_a_display_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    assert screen.has_screen()
    assert problem().startswith("The screen DISPLAY=:987 does not answer (")
    assert main(["gui"]) == 1
    assert main(["watch", "pong"]) == 1
    assert "Name a file with --video" in capsys.readouterr().err


def test_the_whole_program_ends_with_that_sentence() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "lab.cli", "gui"],
        env={"PATH": "", "DISPLAY": "127.0.0.1:59000"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert answer.stderr.startswith("lab: The screen DISPLAY=127.0.0.1:59000 does not answer (")


@pytest.mark.parametrize("name", ["nonsense", ":x", "0"])
def test_a_display_that_names_no_screen_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert f"DISPLAY={name} names no screen: expected something like :0" in problem()


def test_a_wayland_screen_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    assert problem().startswith(f"The Wayland screen {tmp_path}/wayland-7 does not answer (No such file")


def test_qt_is_told_which_of_two_screens_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "w")
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.setattr(screen, "plugin_problem", lambda *names: None)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "w"))
        server.listen()
        monkeypatch.setenv("QT_QPA_PLATFORM", "")
        screen.check_screen()
    assert screen.platform_asked_for() == "wayland"


def test_a_library_that_qt_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "Qt/plugins/platforms"
    folder.mkdir(parents=True)
    (folder / "libqxcb.so").write_bytes(b"no library")
    monkeypatch.setattr(screen.importlib.util, "find_spec", lambda name: type("Spec", (), {"origin": str(tmp_path / "__init__.py")}))
    assert screen.plugin_problem("libqother.so") is None
    assert "libqxcb.so" in (screen.plugin_problem("libqxcb.so") or "")
    lacking = OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")
    assert (
        screen.missing(lacking) == "Qt needs the library libxcb-cursor.so.0, which this machine lacks; install it (the README lists them)."
    )


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "offscreen:fonts"])
def test_a_platform_without_a_screen_needs_none(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    screen.check_screen()
