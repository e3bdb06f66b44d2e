"""Rows of a table by length are trained apart and joined."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import by_length


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["by_length.py", *words])
    by_length.main()


def test_rows_that_were_trained_apart_make_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(by_length, "trained", lambda name, network, *_: by_length.Row(network, [4.0, 31.5], [100.0, len(network)], 61.4))
    for cell in ("lstm", "rnn"):
        run(monkeypatch, "recall", "--networks", cell, "--parts", str(tmp_path))
    capsys.readouterr()
    run(monkeypatch, "recall", "--parts", str(tmp_path), "--join")
    assert capsys.readouterr().out.splitlines() == [
        "| exact at a length of | 4 | 32 | CPU s |",
        "| --- | --- | --- | --- |",
        "| rnn | 100.0 | 3.0 | 61 |",
        "| lstm | 100.0 | 4.0 | 61 |",
    ]
    assert json.loads((tmp_path / "recall-rnn.json").read_text())["lengths"] == [4.0, 31.5]


def test_a_row_that_the_table_does_not_have_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "adding", "--networks", "dot")
    assert "must be of rnn, relu, lstm, gru, got dot" in capsys.readouterr().err
