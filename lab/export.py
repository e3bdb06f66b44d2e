"""A run's network for other programs: ONNX, TorchScript or safetensors, with a model card beside it.

Read first: `export`, then `FORMATS`. Each format is checked against the network itself before the file counts as written.
"""

import json
import logging
import os
import re
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from lab.errors import LabError, UsageError
from lab.model_card import model_card
from lab.run import Run
from lab.saving import destination

if TYPE_CHECKING:
    from torch import Tensor

    from lab.experiment import Experiment
    from lab.exported import Exported

TOLERANCE = 1e-3
"""How far the numbers of an exported network may lie from its own, relative to the largest of them."""


@dataclass(frozen=True)
class Format:
    """How a file ends, what it is, and what writes it; `write` returns a sentence on how it was checked."""

    endings: tuple[str, ...]
    about: str
    write: "Callable[[Run, Experiment, Path], str]"
    load: str
    """The Python that loads FILE, for the card."""


def export(run: Run, to: str, out: str | Path) -> tuple[Path, Path]:
    """Write the network of a run's newest good checkpoint and its card; both paths.

    Raises UsageError for another format or a name that does not end as it should, LabError where the network cannot be written so.
    """
    if to not in FORMATS:
        from lab.errors import unknown

        raise unknown("format", to, FORMATS, see="lab export --help")
    kind = FORMATS[to]
    path = destination(out, kind.endings)
    experiment = run.experiment("cpu", serving_only=True, to_look=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        experiment.serving().eval()
        path.parent.mkdir(parents=True, exist_ok=True)
        checked = kind.write(run, experiment, temporary)
        os.replace(temporary, path)
        card = path.with_suffix(".md")
        card.write_text(model_card(run, experiment, path.name, to, kind.about, kind.load, checked, signature(experiment)), encoding="utf-8")
    except OSError as error:
        raise LabError(f"Cannot write {path} ({error.strerror or error}). Choose another name with --out.") from None
    finally:
        temporary.unlink(missing_ok=True)
        experiment.close()
    return path, card


def signature(experiment: "Experiment") -> str:
    exported = experiment.exported()
    return "" if exported is None else exported.about


def function_of(run: Run, experiment: "Experiment", to: str) -> "Exported":
    exported = experiment.exported()
    if exported is None:
        raise UsageError(
            f"The network of {run.recipe.name} is no single function of tensors, so it cannot become {to}. Its weights can: --to safetensors."
        )
    exported.module.eval()
    return exported


def others(exported: "Exported") -> "tuple[Tensor, ...]":
    """Three examples in another order than the two that the network was exported with."""
    import torch

    return tuple(torch.cat([tensor, tensor[:1]]).flip(0) for tensor in exported.inputs.values())


def compare(own: "Tensor", other: "Tensor", to: str) -> float:
    """The largest difference, relative to the largest number. Raises LabError where it is more than rounding."""
    scale = float(own.abs().max()) or 1.0
    error = float((own - other).abs().max()) / scale if own.shape == other.shape else float("inf")
    if not error <= TOLERANCE:
        raise LabError(f"The exported {to} gives other numbers than the network (off by {error:.2g} of the largest). It was not written.")
    return error


def write_onnx(run: Run, experiment: "Experiment", path: Path) -> str:
    import torch

    if find_spec("onnxscript") is None:
        raise LabError("ONNX needs the packages onnx and onnxscript: pip install 'lab[export]'.")
    exported = function_of(run, experiment, "ONNX")
    batch = torch.export.Dim("batch", min=1, max=2**16)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # It warns of torchvision, which nothing here needs.
    with torch.no_grad(), warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                exported.module, tuple(exported.inputs.values()), path, input_names=list(exported.inputs), output_names=[exported.output],
                dynamic_shapes=tuple({0: batch} for _ in exported.inputs), dynamo=True, external_data=False, verbose=False,
            )  # fmt: skip
        except Exception as error:  # The exporter has errors of many kinds for what it cannot take.
            raise LabError(
                f"The network of {run.name} cannot be written as ONNX ({told(error)}). Use --to torchscript or safetensors."
            ) from None
    if find_spec("onnxruntime") is None:
        return "Not checked: onnxruntime is not installed."
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = others(exported)
    feed = {name: tensor.numpy() for name, tensor in zip(exported.inputs, given, strict=True)}
    with torch.no_grad():
        off = compare(exported.module(*given), torch.from_numpy(session.run(None, feed)[0]), "ONNX file")
    return f"Checked with onnxruntime {onnxruntime.__version__} on a batch of three: largest relative difference {off:.1e}."


def told(error: Exception) -> str:
    """The line of the exporter's pages of advice that says what was wrong."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    summary = next((i for i, line in enumerate(lines) if "Exception summary" in line), -1)
    return next((line.strip() for line in lines[summary + 1 :] if line.strip()), type(error).__name__)


def write_torchscript(run: Run, experiment: "Experiment", path: Path) -> str:
    import torch

    exported = function_of(run, experiment, "TorchScript")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(exported.module, tuple(exported.inputs.values()), check_trace=False).save(str(path))
        given = others(exported)
        error = compare(exported.module(*given), torch.jit.load(str(path))(*given), "TorchScript file")
    return f"Checked with torch {torch.__version__} on a batch of three: largest relative difference {error:.1e}."


def write_safetensors(run: Run, experiment: "Experiment", path: Path) -> str:
    import torch
    from safetensors.torch import load_file, save_file

    from lab.checkpoint import serving_weights

    weights = {name: tensor.contiguous() for name, tensor in serving_weights(experiment.serving()).items()}
    config = json.dumps(run.stored["config"], sort_keys=True)
    about = {**run.about(), "step": run.checkpoint_step(), "config": json.loads(config)}
    save_file(weights, path, {"lab": json.dumps(about, sort_keys=True)})
    with suppress(OSError):  # safetensors makes files that only their owner may read.
        path.chmod(0o666 & ~umask())
    written = load_file(path)
    if not all(torch.equal(weights[name], written[name]) for name in weights):
        raise LabError(f"{path} could not be read back.")
    return "Checked: the tensors that were read back are the network's own."


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


FORMATS = {
    "onnx": Format((".onnx",), "ONNX, for onnxruntime and other programs", write_onnx, """\
import numpy as np, onnxruntime

session = onnxruntime.InferenceSession("FILE")
inputs = {i.name: np.zeros([d if isinstance(d, int) else 1 for d in i.shape], TYPES[i.type]) for i in session.get_inputs()}
(output,) = session.run(None, inputs)
print(output.shape)"""),
    "torchscript": Format((".pt", ".ts"), "TorchScript, for PyTorch without the lab", write_torchscript, """\
import torch

net = torch.jit.load("FILE")
with torch.no_grad():
    output = net(INPUTS)
print(output.shape)"""),
    "safetensors": Format((".safetensors",), "safetensors, the weights alone, for this or another program", write_safetensors, """\
from safetensors.torch import load_file

weights = load_file("FILE")
for name, tensor in weights.items():
    print(name, tuple(tensor.shape), tensor.dtype)"""),
}  # fmt: skip
"""The formats of `lab export --to`."""
