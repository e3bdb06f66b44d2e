import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import SafetensorError
from torch import nn

from lab import checkpoint
from lab.checkpoint import Segment
from lab.errors import LabError

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6).filter(lambda s: s != "__metadata__")
scalars = st.none() | st.booleans() | st.integers(-(2**130), 2**130) | st.floats(allow_nan=False, allow_infinity=False) | text
dtypes = st.sampled_from([np.bool_, np.uint8, np.int32, np.int64, np.float32, np.float64])
arrays = dtypes.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), elements=finite(dtype))
)


def finite(dtype: Any) -> Any:
    return hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)


def containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keyed = st.dictionaries(text | st.sampled_from(["a.b", "a", "$tensor", "0"]), children, max_size=3)
    return st.lists(children, max_size=3) | keyed | st.dictionaries(st.integers(-3, 3), children, max_size=3)


trees = st.recursive(scalars | arrays | arrays.map(torch.from_numpy), containers, max_leaves=12)


def assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif isinstance(one, np.ndarray | torch.Tensor):
        assert (one.dtype, tuple(one.shape)) == (other.dtype, tuple(other.shape))
        assert bool((one == other).all())
    else:
        assert one == other


@given(tree=trees)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_state_tree_comes_back_as_it_was(tree: Any, tmp_path: Path) -> None:
    path = checkpoint.write(tmp_path, 7, {"tree": tree}, {})
    assert_same(checkpoint.read(path), {"tree": tree})


def test_an_array_that_occurs_twice_is_stored_twice(tmp_path: Path) -> None:
    array = np.arange(5)
    state = checkpoint.read(checkpoint.write(tmp_path, 1, {"a": array, "b": array, "c": array[:2]}, {}))
    assert state["a"].tolist() == state["b"].tolist() == [0, 1, 2, 3, 4]
    assert state["c"].tolist() == [0, 1]


def test_channels_last_tensors_keep_their_values(tmp_path: Path) -> None:
    tensor = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    assert torch.equal(checkpoint.read(checkpoint.write(tmp_path, 1, {"w": tensor}, {}))["w"], tensor)


def test_what_cannot_be_stored_is_named(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"state a.b: set cannot be stored"):
        checkpoint.write(tmp_path, 1, {"a": {"b": {1, 2}}}, {})


@pytest.mark.parametrize(
    ("state", "named"), [({"net": {"w": torch.tensor([1.0, float("nan")])}}, "net.w holds NaN"), ({"loss": float("inf")}, "infinite")]
)
def test_a_state_that_is_not_finite_is_not_written(state: dict, named: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=named):
        checkpoint.write(tmp_path, 1, state, {})
    assert not list(tmp_path.iterdir())


def test_segments_are_written_once_and_hard_linked_afterwards(tmp_path: Path) -> None:
    frames = np.arange(1000, dtype=np.uint8).reshape(10, 100)
    segment = Segment("env000-0-10", frames)
    first = checkpoint.write(tmp_path, 1, {"s": [segment]}, {})
    assert segment.data is None
    second = checkpoint.write(tmp_path, 2, {"s": [segment]}, {})
    name = "segments/env000-0-10.zst"
    assert (first / name).samefile(second / name)
    shutil.rmtree(first)
    stored = checkpoint.read(second)["s"][0]
    assert np.array_equal(stored.read(), frames)
    third = checkpoint.write(tmp_path, 3, {"s": [stored]}, {})
    assert (second / name).samefile(third / name)


def test_segments_are_copied_where_links_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = Segment("a", np.arange(9))
    checkpoint.write(tmp_path, 1, {"s": segment}, {})

    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    second = checkpoint.write(tmp_path, 2, {"s": segment}, {})
    shutil.rmtree(tmp_path / "step-000000000001")
    assert checkpoint.read(second)["s"].read().tolist() == list(range(9))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with good checkpoints of steps 1 and 2."""
    for step in (1, 2):
        state = {"step": step, "w": torch.arange(50.0), "s": Segment(f"seg{step}", np.arange(9))}
        checkpoint.write(tmp_path, step, state, {"w": torch.full((3,), float(step))})
    return tmp_path


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "serving.safetensors", "segments/seg2.zst", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "altered"])
def test_a_damaged_file_is_named_and_the_checkpoint_before_is_used(name: str, damage: str, two: Path) -> None:
    file = two / "step-000000000002" / name
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(data[: len(data) // 2])
    elif name == "manifest.json":
        file.write_text(file.read_text().replace('"files"', '"fails"'))
    else:
        file.write_bytes(bytes([*data[:-1], data[-1] ^ 1]))
    path, state, problems = checkpoint.newest_good(two)
    assert path.name == "step-000000000001"
    assert state["step"] == 1
    assert len(problems) == 1
    assert "step-000000000002" in problems[0]
    assert name in problems[0]


@pytest.mark.parametrize("manifest", ["[]", "{}", '{"format": 1, "files": {}}', '{"format": 1, "files": {"state.json": 3}}', "\0"])
def test_a_manifest_that_lists_too_little_is_damage(manifest: str, two: Path) -> None:
    (two / "step-000000000002" / "manifest.json").write_text(manifest)
    assert checkpoint.newest_good(two)[0].name == "step-000000000001"


def test_a_newer_format_is_named(two: Path) -> None:
    file = two / "step-000000000002" / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))
    assert "format 99; this version reads format 1" in checkpoint.newest_good(two)[2][0]


def test_serving_weights_can_be_read_although_the_training_state_is_damaged(two: Path) -> None:
    (two / "step-000000000002" / "state.safetensors").unlink()
    path, weights, problems = checkpoint.newest_good(two, serving_only=True)
    assert path.name == "step-000000000002"
    assert weights["w"].tolist() == [2, 2, 2]
    assert not problems


def test_where_nothing_is_good_every_problem_is_told(two: Path) -> None:
    for path in checkpoint.listed(two):
        (path / "state.json").unlink()
    with pytest.raises(LabError, match=r"000000002 .*000000001 .*The network of step-000000000002 is intact.*No usable checkpoint"):
        checkpoint.newest_good(two)
    for path in checkpoint.listed(two):
        (path / "serving.safetensors").unlink()
    with pytest.raises(LabError, match=r"No usable checkpoint") as told:
        checkpoint.newest_good(two)
    assert "intact" not in str(told.value)


def test_prune_keeps_the_newest_and_removes_what_interrupted_writes_left(two: Path) -> None:
    checkpoint.write(two, 3, {}, {})
    (two / ".tmp-step-000000000004").mkdir()
    (two / ".old-step-000000000001").mkdir()
    checkpoint.prune(two, keep=2)
    assert sorted(p.name for p in two.iterdir()) == ["step-000000000002", "step-000000000003"]


def test_prune_never_lets_damaged_later_checkpoints_push_out_good_ones(two: Path) -> None:
    for step in (8, 9):  # A run that fell back to step 2 goes on from there.
        checkpoint.write(two, step, {}, {})
        (two / f"step-{step:012d}" / "state.json").unlink()
    written = checkpoint.write(two, 3, {"step": 3}, {})
    checkpoint.prune(two, keep=2, newest=written)
    assert [p.name for p in checkpoint.listed(two)] == ["step-000000000002", "step-000000000003"]
    assert checkpoint.newest_good(two)[1] == {"step": 3}


def test_writing_a_step_again_replaces_it(two: Path) -> None:
    checkpoint.write(two, 2, {"step": "again"}, {})
    assert checkpoint.newest_good(two)[1] == {"step": "again"}


class Killed(BaseException):
    pass


@pytest.mark.parametrize("call", range(12))
def test_a_kill_at_any_rename_or_fsync_leaves_a_good_checkpoint(call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.write(tmp_path, 1, {"value": 1}, {})
    calls = 0

    def dying(original: Any) -> Any:
        def wrapped(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > call:
                raise Killed
            return original(*arguments)

        return wrapped

    monkeypatch.setattr(os, "fsync", dying(os.fsync))
    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    monkeypatch.setattr(shutil, "rmtree", lambda *a, **k: None)  # A killed process tidies nothing up.
    try:
        checkpoint.write(tmp_path, 1, {"value": 2}, {})
    except Killed:
        pass
    monkeypatch.undo()
    assert checkpoint.newest_good(tmp_path)[1]["value"] in (1, 2)
    checkpoint.write(tmp_path, 1, {"value": 3}, {})
    checkpoint.prune(tmp_path, keep=2)
    assert checkpoint.newest_good(tmp_path)[1] == {"value": 3}
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("where", ["tensors", "text", "fsync", "rename"])
def test_a_full_disk_is_one_sentence_and_leaves_earlier_checkpoints_intact(where: str, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_tensors(*_: Any, **__: Any) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    target = {"tensors": (checkpoint, "save_file"), "text": (Path, "write_text"), "fsync": (os, "fsync"), "rename": (Path, "rename")}[where]
    monkeypatch.setattr(*target, full_tensors if where == "tensors" else full)
    with pytest.raises(LabError, match=r"^The disk is full .*checkpoint step-000000000003 was not written; earlier ones are intact"):
        checkpoint.write(two, 3, {"w": torch.zeros(3)}, {})
    monkeypatch.undo()
    assert [p.name for p in two.iterdir() if not p.name.startswith("step-")] == []
    assert checkpoint.newest_good(two)[0].name == "step-000000000002"


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"holds weights of another network"):
        checkpoint.load_serving(nn.Linear(3, 1), {"weight": torch.zeros(2, 2), "bias": torch.zeros(1)}, tmp_path)


def test_a_damaged_weights_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "serving.safetensors").write_bytes(b"no weights")
    with pytest.raises(LabError, match=r"serving.safetensors cannot be read"):
        checkpoint.read_weights(tmp_path / "serving.safetensors")


def test_a_folder_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    gone = FileNotFoundError(2, "No such file or directory")
    sentence = str(checkpoint.disk_error(gone, tmp_path / "run", "the metrics could not be written"))
    assert (
        sentence
        == f"{tmp_path / 'run'} is no longer there: it was deleted, renamed or moved meanwhile, and the metrics could not be written."
    )
    assert str(checkpoint.disk_error(gone, tmp_path, "it failed")).startswith("Cannot write to")
