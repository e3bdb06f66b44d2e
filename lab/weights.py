"""Weight files that a person has: safetensors, and PyTorch's .pth read without unpickling anything.

A .pth is a pickle, and a pickle is a program. `read_pth` reads its instructions itself, knows only those that describe
dicts, numbers and tensors, and builds the tensors from the raw bytes beside it; any other name or instruction is refused.
Read first: `load_weights`, then `Reader`.
"""

import io
import pickletools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor, nn

from lab.errors import LabError

DTYPES = {
    "FloatStorage": torch.float32, "DoubleStorage": torch.float64, "HalfStorage": torch.float16, "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64, "IntStorage": torch.int32, "ShortStorage": torch.int16, "CharStorage": torch.int8,
    "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
"""The first number of a .pth of before PyTorch 1.6, in which the tensors' bytes follow the pickle."""
MOST_ITEMS = 200_000
"""Instructions of a pickle: a weights file has some dozen for each tensor."""


def load_weights(net: nn.Module, found: dict[str, Tensor], path: Path) -> list[str]:
    """Fill `net` with what `read_weights(path)` found and say what was left out, a sentence each: a head for other classes, auxiliary heads.

    Names are torchvision's. Raises LabError where the weights belong to another network.
    """
    expected = net.state_dict()
    notes = []
    head = str(getattr(net, "head", ""))
    other_head = [n for n in expected if n.startswith(f"{head}.") and n in found and found[n].shape != expected[n].shape]
    if other_head:
        classes = len(found[other_head[0]])
        notes.append(
            f"the head of {path.name} has {classes:,} classes, this network {len(expected[other_head[0]]):,}: the head starts anew"
        )
        found = {n: t for n, t in found.items() if n not in other_head}
    ignored = sorted({n.split(".")[0] for n in found if n.startswith(("aux1.", "aux2.")) and n not in expected})
    if ignored:
        notes.append(f"{' and '.join(ignored)} of {path.name} are left out: this network has no auxiliary heads")
        found = {n: t for n, t in found.items() if n.split(".")[0] not in ignored}
    optional = {n for n in expected if n.endswith("num_batches_tracked")}
    missing = [n for n in expected if n not in found and n not in other_head and n not in optional]
    surplus = [n for n in found if n not in expected]
    if missing or surplus:
        first = f"{missing[0]} is missing" if missing else f"{surplus[0]} has no place"
        raise LabError(
            f"{path.name} holds weights of another network: {first} ({len(missing)} missing, {len(surplus)} without a place). "
            "Choose the network that the file was made for with --network."
        )
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape:
            raise LabError(
                f"{path.name} holds weights of another form: {name} is {shape(tensor)} there and {shape(expected[name])} here. "
                "Published weights want 3 channels and at least 64 px: --colours rgb --size 64 (or more)."
            )
    net.load_state_dict({n: t.to(expected[n].dtype) for n, t in found.items()}, strict=False)
    return notes


def shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def renamed(name: str) -> str:
    """torchvision's name now: its published DenseNet files have older ones (norm.1 for norm1)."""
    name = name.removeprefix("module.").removeprefix("net.")
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2.", name)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from a .safetensors or a .pth / .pt / .bin file.

    The serving.safetensors of a run of `classify` gives its network under torchvision's names too, beside the `mean` and
    `std` by which that run normalised images.
    """
    return {renamed(name): tensor for name, tensor in raw_weights(path).items()}


def raw_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise LabError(f"There is no weights file {path}.")
    if path.suffix == ".safetensors":
        from lab.checkpoint import read_weights as read_safetensors

        return read_safetensors(path)
    return read_pth(path)


def read_pth(path: Path) -> dict[str, Tensor]:
    """The state_dict in a file of torch.save, of either format. Raises LabError where it holds anything but tensors."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                tree, storages = from_zip(archive)
        else:
            with path.open("rb") as file:
                tree, storages = from_legacy(file)
        tree = tree.get("state_dict", tree) if isinstance(tree, dict) else tree
        if not isinstance(tree, dict) or not tree or not all(isinstance(n, str) and isinstance(t, Described) for n, t in tree.items()):
            raise ValueError("it holds no dict of tensors by name")
        return {name: described.tensor(storages) for name, described in tree.items()}
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, RuntimeError, zipfile.BadZipFile) as error:
        reason = "it is no file of torch.save" if isinstance(error, KeyError | IndexError | EOFError) else error
        raise LabError(
            f"{path.name} cannot be read as weights: {reason}. Only plain state_dicts are accepted; save it with torch.save(model.state_dict(), FILE) "
            "or as safetensors."
        ) from None


def from_zip(archive: zipfile.ZipFile) -> tuple[Any, dict[str, bytes]]:
    """The described tree and the raw storages of PyTorch's zip format."""
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("the archive has no data.pkl")
    root = pickles[0].removesuffix("data.pkl")
    order = archive.read(root + "byteorder") if root + "byteorder" in archive.namelist() else b"little"
    if order != b"little":
        raise ValueError(f"its bytes are in {order.decode(errors='replace')}-endian order")
    reader = Reader()
    tree = reader.read(io.BytesIO(archive.read(pickles[0])))
    storages = {}
    for key, (dtype, count) in reader.storages.items():
        data = archive.read(f"{root}data/{key}")
        if len(data) < count * dtype.itemsize:
            raise ValueError(f"storage {key} is cut short")
        storages[key] = data
    return tree, storages


def from_legacy(file: IO[bytes]) -> tuple[Any, dict[str, bytes]]:
    """The same of the format before PyTorch 1.6: five pickles, then each storage as its length and its bytes."""
    if Reader().read(file) != LEGACY_MAGIC:
        raise ValueError("it is no file of torch.save")
    Reader().read(file)  # The protocol's version.
    Reader().read(file)  # The writer's byte sizes.
    reader = Reader()
    tree = reader.read(file)
    storages = {}
    for key in Reader().read(file):
        dtype, count = reader.storages[key]
        stored = int.from_bytes(file.read(8), "little")
        if stored != count:
            raise ValueError(f"storage {key} has {stored} values, expected {count}")
        storages[key] = file.read(count * dtype.itemsize)
        if len(storages[key]) != count * dtype.itemsize:
            raise ValueError(f"storage {key} is cut short")
    return tree, storages


@dataclass(frozen=True)
class Described:
    """A tensor as the pickle describes it: a window on a storage."""

    storage: str
    dtype: torch.dtype
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self, storages: dict[str, bytes]) -> Tensor:
        if any(n < 0 for n in (self.offset, *self.size, *self.stride)) or len(self.size) != len(self.stride):
            raise ValueError(f"a tensor has the size {self.size} and the strides {self.stride}")
        flat = torch.frombuffer(bytearray(storages[self.storage]), dtype=self.dtype) if storages[self.storage] else torch.empty(0)
        last = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride, strict=True))
        if 0 not in self.size and last >= len(flat):
            raise ValueError(f"a tensor reaches beyond storage {self.storage}")
        return flat.as_strided(self.size, self.stride, self.offset).clone()


@dataclass(frozen=True)
class Name:
    """A global that the pickle names; only those of `ALLOWED` pass."""

    module: str
    name: str


ALLOWED = {
    Name("collections", "OrderedDict"),
    Name("torch._utils", "_rebuild_tensor_v2"),
    Name("torch._utils", "_rebuild_parameter"),
    *(Name("torch", storage) for storage in DTYPES),
}
MARK = object()


class Reader:
    """Carries out a pickle's instructions as far as they describe plain data and tensors; nothing is imported or called."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, tuple[torch.dtype, int]] = {}

    def read(self, file: IO[bytes]) -> Any:
        for count, (opcode, argument) in enumerate(instructions(file)):
            if count > MOST_ITEMS:
                raise ValueError("its pickle is too long")
            if opcode == "STOP":
                return self.stack.pop()
            self.carry_out(opcode, argument)
        raise ValueError("its pickle has no end")

    def carry_out(self, opcode: str, argument: Any) -> None:
        stack = self.stack
        if opcode in ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"):
            stack.append(argument)
        elif opcode in ("NONE", "NEWTRUE", "NEWFALSE"):
            stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[opcode])
        elif opcode in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"):
            stack.append({"EMPTY_DICT": {}, "EMPTY_LIST": [], "EMPTY_TUPLE": ()}[opcode])
        elif opcode == "MARK":
            stack.append(MARK)
        elif opcode in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            items = self.to_mark() if opcode == "TUPLE" else [stack.pop() for _ in range(int(opcode[-1]))][::-1]
            stack.append(tuple(items))
        elif opcode in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if argument is None else argument] = stack[-1]
        elif opcode in ("BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif opcode in ("APPEND", "APPENDS"):
            items = self.to_mark() if opcode == "APPENDS" else [stack.pop()]
            self.top(list).extend(items)
        elif opcode in ("SETITEM", "SETITEMS"):
            items = self.to_mark() if opcode == "SETITEMS" else [stack.pop() for _ in range(2)][::-1]
            self.top(dict).update(zip(items[::2], items[1::2], strict=True))
        elif opcode == "GLOBAL":
            stack.append(self.allowed(Name(*argument.split(" ", 1))))
        elif opcode == "STACK_GLOBAL":
            name = stack.pop()
            stack.append(self.allowed(Name(stack.pop(), name)))
        elif opcode == "BINPERSID":
            stack.append(self.storage(stack.pop()))
        elif opcode == "REDUCE":
            arguments = stack.pop()
            stack.append(self.rebuilt(stack.pop(), arguments))
        elif opcode == "BUILD":  # A state_dict's own attributes, such as its versions: not needed.
            stack.pop()
            self.top(dict)
        elif opcode not in ("PROTO", "FRAME"):
            raise ValueError(f"its pickle has the instruction {opcode}, which no weights need")

    def to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self.stack.pop()) is not MARK:
            items.append(item)
        return items[::-1]

    def top(self, kind: type) -> Any:
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"its pickle fills a {type(self.stack[-1]).__name__} as a {kind.__name__}")
        return self.stack[-1]

    def allowed(self, name: Name) -> Name:
        if name not in ALLOWED:
            raise ValueError(f"it names {name.module}.{name.name}, which is refused: a weights file holds tensors and nothing else")
        return name

    def storage(self, entry: Any) -> str:
        """The key of a storage: ("storage", its type, key, device, number of values)."""
        if not isinstance(entry, tuple) or len(entry) < 5 or entry[0] != "storage" or getattr(entry[1], "name", "") not in DTYPES:
            raise ValueError("its pickle refers to something that is no storage")
        key, count = str(entry[2]), int(entry[4])
        if count < 0 or not re.fullmatch(r"[0-9A-Za-z_]+", key):
            raise ValueError(f"its pickle has the storage {key!r} of {count} values")
        self.storages[key] = DTYPES[entry[1].name], count
        return key

    def rebuilt(self, function: Any, arguments: Any) -> Any:
        if function == Name("collections", "OrderedDict") and arguments == ():
            return {}
        if function == Name("torch._utils", "_rebuild_parameter"):
            described = arguments[0]
            if isinstance(described, Described):
                return described
        if function == Name("torch._utils", "_rebuild_tensor_v2"):
            key, offset, size, stride = arguments[:4]
            whole = all(isinstance(n, int) for n in (offset, *size, *stride))
            if isinstance(key, str) and key in self.storages and whole:
                return Described(key, self.storages[key][0], offset, tuple(size), tuple(stride))
        raise ValueError("its pickle calls something that is no tensor")


def instructions(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    """The opcodes of one pickle with their arguments; reading them carries nothing out."""
    for opcode, argument, _ in pickletools.genops(file):
        yield opcode.name, argument
