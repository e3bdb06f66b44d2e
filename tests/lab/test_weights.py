"""Weight files: safetensors and .pth of both formats load, anything but tensors is refused, other networks are named."""

import argparse
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import models
from lab.errors import LabError
from lab.weights import load_weights, read_pth, read_weights


def small(classes: int = 10, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return models.build("lenet5", classes=classes, channels=1, size=28)


def equal(first: nn.Module, second: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_weights_of_each_format_load(kind: str, tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    if kind == "safetensors":
        save_file(source.state_dict(), path)
    else:
        torch.save(source.state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    assert load_weights(target, read_weights(path), path) == []
    assert equal(source, target)


@pytest.mark.parametrize("legacy", [True, False])
def test_views_dtypes_and_wrapped_dicts_are_read(legacy: bool, tmp_path: Path) -> None:
    base = torch.arange(24.0).view(4, 6)
    tensors = {
        "turned": base.t()[1:3],
        "shared": base,
        "half": base.half(),
        "count": torch.tensor(7),
        "empty": torch.empty(0),
        "byte": base.byte(),
    }
    path = tmp_path / "w.pth"
    torch.save({"state_dict": OrderedDict(tensors)}, path, _use_new_zipfile_serialization=not legacy)
    weights = read_pth(path)
    assert weights.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(weights[name], tensor), name
        assert weights[name].dtype == tensor.dtype


def test_parameters_are_read_as_tensors(tmp_path: Path) -> None:
    torch.save({"weight": nn.Parameter(torch.ones(3))}, tmp_path / "w.pth")
    assert torch.equal(read_pth(tmp_path / "w.pth")["weight"], torch.ones(3))


class Evil:
    """Runs a command where it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("legacy", [True, False])
def test_a_malicious_file_is_refused_and_nothing_runs(legacy: bool, tmp_path: Path) -> None:
    path, mark = tmp_path / "evil.pth", tmp_path / "ran"
    torch.save({"weight": torch.ones(2), "x": Evil(mark)}, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(LabError, match=r"names (posix|os|nt)\.system, which is refused"):
        read_pth(path)
    assert not mark.exists()
    torch.load(path, weights_only=False)  # The negative control: the file is dangerous indeed.
    assert mark.exists()


def described(size: tuple[int, ...], stride: tuple[int, ...], offset: int, count: int) -> bytes:
    """A pickle with one tensor of this window on a storage of `count` floats."""

    class Stored:
        pass

    class Tensorish:
        def __reduce__(self) -> tuple[Any, ...]:
            return torch._utils._rebuild_tensor_v2, (Stored(), offset, size, stride, False, OrderedDict())

    class Writer(pickle.Pickler):
        def persistent_id(self, thing: Any) -> Any:
            return ("storage", torch.FloatStorage, "0", "cpu", count) if isinstance(thing, Stored) else None

    file = io.BytesIO()
    Writer(file, 2).dump({"weight": Tensorish()})
    return file.getvalue()


def zipped(path: Path, program: bytes, values: torch.Tensor) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (("data.pkl", program), ("byteorder", b"little"), ("version", b"3\n"), ("data/0", values.numpy().tobytes())):
            archive.writestr(f"archive/{name}", data)
    return path


def test_a_window_inside_its_storage_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "w.pth", described((2, 2), (3, 1), 1, 6), torch.arange(6.0))
    assert read_pth(path)["weight"].tolist() == [[1, 2], [4, 5]]


@pytest.mark.parametrize(
    ("size", "stride", "offset", "stored"),
    [((7,), (1,), 0, 6), ((2,), (1,), 5, 6), ((2,), (-1,), 3, 6), ((2,), (1, 1), 0, 6), ((6,), (1,), 0, 3), ((2,), (10**12,), 0, 6)],
)
def test_a_window_beyond_its_storage_is_refused(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int, stored: int, tmp_path: Path
) -> None:
    path = zipped(tmp_path / "w.pth", described(size, stride, offset, 6), torch.zeros(stored))
    with pytest.raises(LabError, match="cannot be read as weights: it is damaged"):
        read_pth(path)


@pytest.mark.parametrize(
    ("tree", "words"), [([1, 2], "no dict of tensors"), ({"epoch": 3}, "no dict of tensors"), ({}, "no dict of tensors")]
)
def test_a_file_without_weights_is_refused(tree: object, words: str, tmp_path: Path) -> None:
    torch.save(tree, tmp_path / "odd.pth")
    with pytest.raises(LabError, match=words):
        read_pth(tmp_path / "odd.pth")


def test_a_whole_pickled_module_is_refused_by_its_class(tmp_path: Path) -> None:
    torch.save({"model": nn.Linear(2, 2)}, tmp_path / "module.pth")
    with pytest.raises(LabError, match=r"names torch\.nn\.modules\.linear\.Linear, which is refused.*state_dict\(\)"):
        read_pth(tmp_path / "module.pth")


@pytest.mark.parametrize("keys", [("model",), ("model_state_dict",), ("net",), ("state_dict",), ("model", "state_dict")])
def test_weights_beside_other_things_in_a_checkpoint_are_found(
    keys: tuple[str, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, target = small(seed=1), small(seed=2)
    tree: Any = source.state_dict()
    for key in reversed(keys):
        adam = torch.optim.Adam([nn.Parameter(torch.ones(2))]).state_dict()
        tree = {
            "epoch": 3,
            "loss": torch.tensor(0.5),
            "best": np.float64(0.9),
            "args": argparse.Namespace(lr=0.1),
            "optimizer": adam,
            key: tree,
        }
    torch.save(tree, tmp_path / "w.pth")
    with caplog.at_level("INFO", "lab.weights"):
        assert load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth") == []
    assert equal(source, target)
    assert f"the weights under {' / '.join(map(repr, keys))} are used" in caplog.text


@pytest.mark.parametrize("key", ["module", "weights", "params_ema"])
def test_the_only_weights_in_a_checkpoint_are_found_under_any_name(key: str, tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    torch.save({key: source.state_dict(), "epoch": 3}, tmp_path / "w.pth")
    load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert equal(source, target)


def test_of_several_weights_under_unknown_names_none_is_guessed(tmp_path: Path) -> None:
    torch.save({"student": small(1).state_dict(), "teacher": small(2).state_dict()}, tmp_path / "w.pth")
    with pytest.raises(LabError, match="no dict of tensors"):
        read_pth(tmp_path / "w.pth")


@pytest.mark.parametrize("name", ["w.SAFETENSORS", "w.bin", "w.pth"])
def test_safetensors_are_known_by_their_content(name: str, tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    save_file(source.state_dict(), tmp_path / name)
    load_weights(target, read_weights(tmp_path / name), tmp_path / name)
    assert equal(source, target)


def test_a_pth_that_is_named_safetensors_is_read(tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    torch.save(source.state_dict(), tmp_path / "w.safetensors")
    load_weights(target, read_weights(tmp_path / "w.safetensors"), tmp_path / "w.safetensors")
    assert equal(source, target)


def test_sparse_and_half_weights_are_read_by_value(tmp_path: Path) -> None:
    target = nn.Linear(2, 2, bias=False)
    torch.save({"weight": torch.tensor([[0.0, 1.5], [0.0, 0.0]], dtype=torch.half).to_sparse()}, tmp_path / "w.pth")
    load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert target.weight.tolist() == [[0.0, 1.5], [0.0, 0.0]]


@pytest.mark.parametrize(("value", "words"), [(float("nan"), "weight has values that are NaN"), (1j, "weight has complex64 values")])
def test_weights_that_are_no_real_numbers_are_refused(value: complex, words: str, tmp_path: Path) -> None:
    torch.save({"weight": torch.full((2,), value)}, tmp_path / "w.pth")
    with pytest.raises(LabError, match=words):
        read_weights(tmp_path / "w.pth")


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is a folder; a weights file was expected"):
        read_weights(tmp_path)


@pytest.mark.parametrize(
    "prefix", ["_orig_mod.", "model.", "backbone.", "module.", "net.", "_orig_mod.module.", "model.net.", "model._orig_mod."]
)
@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_a_prefix_before_each_name_is_taken_away(prefix: str, kind: str, tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    path = tmp_path / f"w.{kind}"
    tensors = {prefix + name: tensor for name, tensor in source.state_dict().items()}
    save_file(tensors, path) if kind == "safetensors" else torch.save({"state_dict": tensors}, path)
    assert load_weights(target, read_weights(path), path) == []
    assert equal(source, target)


def test_compiled_parts_inside_a_network_are_found(tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    torch.save({n.replace("features.", "features._orig_mod."): t for n, t in source.state_dict().items()}, tmp_path / "w.pth")
    assert load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth") == []
    assert equal(source, target)


def test_a_backbone_without_a_head_keeps_the_fresh_head_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    source, target = small(seed=1), small(seed=2)
    head = target.classifier.fc3.weight.clone()
    tensors = {f"backbone.{n}": t for n, t in source.state_dict().items() if not n.startswith("classifier.fc3.")}
    torch.save({**tensors, "projector.weight": torch.ones(2)}, tmp_path / "w.pth")
    notes = load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert notes == [
        "left out of w.pth, as they are outside 'backbone': projector.weight",
        "w.pth has no head: the head is initialised from scratch",
    ]
    assert torch.equal(target.features.conv1.weight, source.features.conv1.weight)
    assert torch.equal(target.classifier.fc3.weight, head)


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    for legacy in (True, False):
        torch.save(small().state_dict(), path, _use_new_zipfile_serialization=not legacy)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(LabError, match=r"w\.pth cannot be read"):
            read_pth(path)
    (tmp_path / "w.safetensors").write_bytes(b"no weights")
    with pytest.raises(LabError, match="cannot be read"):
        read_weights(tmp_path / "w.safetensors")
    with pytest.raises(LabError, match="no weights file"):
        read_weights(tmp_path / "gone.pth")


def test_a_head_for_other_classes_is_left_out_and_told(tmp_path: Path) -> None:
    source, target = small(10, seed=1), small(3, seed=2)
    head = target.classifier.fc3.weight.clone()
    torch.save(source.state_dict(), tmp_path / "w.pth")
    notes = load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert notes == ["the head of w.pth has 10 classes, this network's has 3: the head is initialised from scratch"]
    assert torch.equal(target.features.conv1.weight, source.features.conv1.weight)
    assert torch.equal(target.classifier.fc3.weight, head)


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "w.pth")
    with pytest.raises(LabError, match=r"another network: layers\.0\.weight is missing .* --network"):
        load_weights(models.build("mlp"), read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")


def test_weights_for_the_large_stem_are_named(tmp_path: Path) -> None:
    torch.save(models.build("resnet18", size=64).state_dict(), tmp_path / "w.pth")
    with pytest.raises(LabError, match=r"conv1\.weight is 64x3x7x7 there and 64x3x3x3 here.*--size 64"):
        load_weights(models.build("resnet18", size=32), read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")


def test_googlenets_auxiliary_heads_are_left_out_and_told(tmp_path: Path) -> None:
    torch.save(models.build("googlenet", classes=4, size=32, auxiliary=True).state_dict(), tmp_path / "w.pth")
    notes = load_weights(models.build("googlenet", classes=4, size=32), read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert notes == ["aux1 and aux2 of w.pth are left out: this network has no auxiliary heads"]


def test_old_names_of_densenet_are_understood(tmp_path: Path) -> None:
    source, target = (models.build("densenet121", classes=2, size=16) for _ in range(2))
    old = {}
    for name, tensor in source.state_dict().items():
        if "num_batches_tracked" not in name:  # Files of that time have none.
            for part in ("norm1", "norm2", "conv1", "conv2"):
                name = name.replace(f".{part}.", f".{part[:-1]}.{part[-1]}.") if "denselayer" in name else name
            old[name] = tensor
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "w.pth")
    load_weights(target, read_weights(tmp_path / "w.pth"), tmp_path / "w.pth")
    assert equal(source, target)


def test_training_starts_from_the_file(tmp_path: Path) -> None:
    from lab.recipes.vision.classify import Classify
    from lab.recipes.vision.classify_config import ClassifyConfig

    source = small()
    torch.save(source.state_dict(), tmp_path / "w.pth")
    experiment = Classify(
        ClassifyConfig.parse({"data": "digits", "weights": str(tmp_path / "w.pth"), "freeze": "features"}), torch.device("cpu")
    )
    assert equal(source, experiment.net.net)
    experiment.step()
    assert torch.equal(experiment.net.net.features.conv1.weight, source.features.conv1.weight)
    assert not torch.equal(experiment.net.net.classifier.fc3.weight, source.classifier.fc3.weight)


def test_a_run_goes_on_from_the_weights_of_another_one(runs_home: Path) -> None:
    from lab.api import train
    from lab.recipes.vision.classify import Classify
    from lab.recipes.vision.classify_config import ClassifyConfig

    tiny = {"data": "digits", "batch_size": 20, "validation": 0.1, "validate_every": 100}
    first = train("classify", steps=2, device="cpu", **tiny)
    (file,) = first.checkpoints.glob("*/serving.safetensors")
    config = ClassifyConfig.parse({**tiny, "weights": str(file), "seed": 5})
    second = Classify(config, torch.device("cpu"))
    assert any(".norm." in name for name in second.net.state_dict())  # The first run's batch norm, which is on by default.
    for name, tensor in first.experiment("cpu", serving_only=True).serving().state_dict().items():
        if name.startswith("net."):
            assert torch.equal(second.net.state_dict()[name], tensor), name
    second.step()
    assert float(second.net.mean[0]) == pytest.approx(0.3, abs=0.1)  # Measured on the digits: about a third of the full brightness.


def test_a_classifier_begins_with_the_encoder_of_a_run(runs_home: Path) -> None:
    from lab.api import train
    from lab.recipes.vision.classify import Classify
    from lab.recipes.vision.classify_config import ClassifyConfig

    tiny = {"data": "digits", "hidden": "12,6", "latent": 3, "batch_size": 8, "quality_every": 0}
    coder = train("autoencoder", steps=2, device="cpu", run=runs_home / "coder", **tiny)
    taken = coder.experiment("cpu", serving_only=True).serving().encoder.layers  # type: ignore[union-attr]
    fields = {"data": "digits", "size": 16, "network": "mlp", "weights": "coder", "labels": 40}
    made = Classify(ClassifyConfig.parse({**fields, "hidden_units": "12,6"}), torch.device("cpu"))
    for own, theirs in ((0, 0), (3, 2)):
        assert torch.equal(made.net.net.layers[own].weight, taken[theirs].weight)  # type: ignore[index, union-attr]
    assert made.images.split("train").labels.bincount().tolist() == [4] * 10
    images, _ = made.batch()  # Now mean and deviation are known, and the first layer gives what it gave for pixels in [0, 1].
    first = made.net.net.layers[0](made.net.normalise(images).flatten(1))  # type: ignore[index, operator]
    assert torch.allclose(first, taken[0](images.flatten(1).float() / 255), atol=1e-4)
    made.step()
    with pytest.raises(LabError, match=r"hidden layers of 12,6 units on 256 pixels.*--hidden-units 12,6"):
        Classify(ClassifyConfig.parse({**fields, "hidden_units": "12"}), torch.device("cpu"))


def test_a_file_without_tensors_is_no_start(tmp_path: Path) -> None:
    save_file({}, tmp_path / "none.safetensors")
    with pytest.raises(LabError, match=r"none\.safetensors holds no weights"):
        read_weights(tmp_path / "none.safetensors")


def test_safetensors_in_place_of_a_file_of_torch_are_called_so(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(2)}, tmp_path / "w.pth")
    with pytest.raises(LabError, match=r"w\.pth is a safetensors file; one of torch\.save was expected"):
        read_pth(tmp_path / "w.pth")
