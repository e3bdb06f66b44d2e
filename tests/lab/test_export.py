"""Networks for other programs: every format gives the network's own numbers, and the card says what it is."""

import json
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import lab
from lab import cli
from lab.errors import LabError, UsageError
from lab.export import FORMATS, compare, export, told
from lab.run import Run

onnx = pytest.mark.skipif(
    find_spec("onnxscript") is None or find_spec("onnxruntime") is None, reason="onnx, onnxscript and onnxruntime are not installed"
)
TINY: dict[str, dict[str, Any]] = {
    "linear": {},
    "classify": {"data": "digits", "network": "lenet5"},
    "vae": {"data": "digits", "hidden": "8", "latent": 3},
    "cgan": {"data": "digits", "features": 4},
    "autoencoder": {"data": "digits", "hidden": "8", "latent": 3},
    "gpt": {"layers": 1, "width": 8, "heads": 2, "context": 8, "batch_size": 2, "validate_every": 0},
    "char-rnn": {"hidden": 6, "width": 4, "unroll": 4, "batch_size": 2, "validate_every": 0},
    "tag": {"hidden": 6, "width": 4, "length": 4, "characters": 10_000, "batch_size": 2, "validate_every": 0},
    "text-class": {"hidden": 6, "width": 4, "max_length": 4, "batch_size": 2, "validate_every": 0},
    "seq2seq": {"data": "numbers", "hidden": 6, "width": 4, "pairs": 200, "max_length": 12, "batch_size": 2, "validate_every": 0},
    "forecast": {"hidden": 6, "window": 8, "decisions": 1_000, "batch_size": 2, "validate_every": 0},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Runs of one step, made when they are first asked for."""
    folder = tmp_path_factory.mktemp("runs")

    class Made(dict[str, Run]):
        def __missing__(self, name: str) -> Run:
            self[name] = lab.train(name, steps=1, device="cpu", run=folder / name, **TINY[name])
            return self[name]

    return Made()


def own_numbers(run: Run) -> tuple[list[torch.Tensor], torch.Tensor]:
    """A batch of five for the network, and what it makes of it."""
    exported = run.experiment("cpu", serving_only=True).exported()
    given = [tensor[[0, 1, 1, 0, 1]] for tensor in exported.inputs.values()]
    with torch.no_grad():
        return given, exported.module.eval()(*given)


@onnx
@pytest.mark.parametrize("name", [*TINY, "pong", "krull"])
def test_onnxruntime_gives_the_numbers_of_the_network(name: str, trained: dict[str, Run], tmp_path: Path) -> None:
    import onnxruntime

    run = trained[name] if name in TINY else lab.find(name)
    path, card = export(run, "onnx", tmp_path / "net.onnx")
    given, own = own_numbers(run)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {node.name: tensor.numpy() for node, tensor in zip(session.get_inputs(), given, strict=True)}
    (other,) = session.run(None, feed)
    assert np.allclose(own.numpy(), other, atol=1e-3 * float(own.abs().max()))
    assert "Checked with onnxruntime" in card.read_text()


@pytest.mark.parametrize("name", [*TINY, "pong", "krull"])
def test_torchscript_gives_the_numbers_of_the_network(name: str, trained: dict[str, Run], tmp_path: Path) -> None:
    run = trained[name] if name in TINY else lab.find(name)
    path, _ = export(run, "torchscript", tmp_path / "net.pt")
    given, own = own_numbers(run)
    with torch.no_grad():
        assert torch.allclose(own, torch.jit.load(str(path))(*given), atol=1e-3 * float(own.abs().max()))


def test_safetensors_are_the_weights_with_their_origin(trained: dict[str, Run], tmp_path: Path) -> None:
    from safetensors import safe_open

    run = trained["vae"]
    path, _ = export(run, "safetensors", tmp_path / "net.safetensors")
    own = run.experiment("cpu", serving_only=True).serving().state_dict()
    written = load_file(path)
    assert written.keys() == own.keys()
    assert all(torch.equal(own[key], written[key]) for key in own)
    with safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["lab"])
    assert (about["recipe"], about["seed"], about["step"], about["config"]["latent"]) == ("vae", 0, 1, 3)


@pytest.mark.parametrize("to", [pytest.param("onnx", marks=onnx), "torchscript", "safetensors"])
def test_the_card_says_what_it_is_and_its_lines_load_it(to: str, trained: dict[str, Run], tmp_path: Path, monkeypatch, capsys) -> None:
    _, card = export(trained["linear"], to, tmp_path / f"net{FORMATS[to].endings[0]}")
    text = card.read_text(encoding="utf-8")
    for words in (
        "650 parameters",
        "linear classifier",
        "1 steps",
        "seed 0",
        "digits: ",
        "| accuracy |",
        "| learning_rate | 0.05 |",
        "Checked",
    ):
        assert words in text, words
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert "10" in capsys.readouterr().out


def test_what_is_no_single_function_has_its_weights_exported_alone(tmp_path: Path, runs_home: Path) -> None:
    run = lab.train("toy", steps=1, run=runs_home / "one")
    with pytest.raises(UsageError, match=r"toy is no single function of tensors, so it cannot become TorchScript. .* --to safetensors"):
        export(run, "torchscript", tmp_path / "net.pt")
    assert list(tmp_path.glob("net*")) == []
    assert export(run, "safetensors", tmp_path / "net.safetensors")[0].exists()


def test_numbers_that_differ_are_refused() -> None:
    own = torch.tensor([1.0, -2.0])
    assert compare(own, own + 0.001, "file") == pytest.approx(0.0005, rel=1e-3)
    for other in (own + 0.01, own[:1], own * float("nan")):
        with pytest.raises(LabError, match="gives other numbers than the network"):
            compare(own, other, "file")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", "torchscript", "--out", "x.onnx"], "expected a name that ends in .pt or .ts"),
        (["--to", "tensorflow", "--out", "x"], "invalid choice"),
        (["--to", "onnx"], "--out"),
    ],
)
def test_what_cannot_be_exported_is_told(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    lab.train("toy", steps=1)
    assert cli.main(["export", "last", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_the_command_writes_both_files(tmp_path: Path, runs_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab.train("toy", steps=1, run=runs_home / "one")
    assert cli.main(["export", "one", "--to", "safetensors", "--out", str(tmp_path / "a" / "net.safetensors"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert Path(record["file"]).stat().st_size == record["bytes"]
    assert Path(record["card"]).read_text().startswith("# net.safetensors")
    assert os.stat(record["file"]).st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_of_an_exporters_pages_of_advice_the_line_that_says_what_was_wrong_is_told() -> None:
    advice = "\x1b[96mThis is step 1/3\x1b[0m\n- Modify the model code\n\n## Exception summary\n\n<class 'X'>: no such size\nmore"
    assert [told(RuntimeError(text)) for text in (advice, "one line", "")] == ["<class 'X'>: no such size", "one line", "RuntimeError"]
