"""Python source with the kind of token that each character belongs to, by Python's own `tokenize`."""

import ast
import builtins
import io
import keyword
import token
import tokenize
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lab.data.catalogue import loader, shown
from lab.data.record import RULES
from lab.data.text import Codec, decoded, own_file, stdlib_files
from lab.errors import LabError
from lab.registry import load

KINDS = ("space", "keyword", "name", "builtin", "operator", "comment", "number", "string")
SPACE, KEYWORD, NAME, BUILTIN, OPERATOR, COMMENT, NUMBER, STRING = range(len(KINDS))
BUILTINS = frozenset(dir(builtins))
STRINGS = {
    token.STRING,
    *(getattr(token, f"{letter}STRING_{part}", token.STRING) for letter in "FT" for part in ("START", "MIDDLE", "END")),
}

VOCABULARY = np.array([9, 10, *range(32, 127), ord("\ufffd")], np.int32)
"""Tab, newline, printable ASCII, and one sign for everything else: known before any source is read."""


@dataclass(frozen=True)
class TaggedSource:
    """Characters (N,) and their kinds (N,), uint8 on the device; whole files are either in train or in validation."""

    train: Tensor
    train_kinds: Tensor
    validation: Tensor
    validation_kinds: Tensor
    kinds: tuple[str, ...] = KINDS


def load_tagged(data: str, characters: int, length: int, seed: int, device: torch.device, rules: int = RULES) -> TaggedSource:
    """At most `characters` of source in all, of which about a tenth, other files, is for validation.

    A single file is cut: its last tenth is for validation. Raises LabError where it is no Python, or shorter than needed.
    """
    parts = load(loader(data, "Python source"))(data, characters, length, seed, rules)
    if not parts or min(len(tokens) for tokens, _ in parts) < length:
        raise LabError(f"{shown(data)} is too short: training and validation need at least {length} characters each. Lower --length.")
    (train, train_kinds), (validation, validation_kinds) = parts
    tensors = [torch.from_numpy(part).to(device) for part in (train, train_kinds, validation, validation_kinds)]
    return TaggedSource(tensors[0], tensors[1], tensors[2], tensors[3])


def own_parts(data: str, characters: int, length: int, seed: int, rules: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """One's own file, whose last tenth is for validation."""
    text = source_text(data, rules)
    try:
        kinds = kinds_of(text)
    except (tokenize.TokenError, SyntaxError) as error:
        what, line = (error.msg, error.lineno) if isinstance(error, SyntaxError) else (error.args[0], error.args[1][0])
        try:
            compile(text, "", "exec", ast.PyCF_ONLY_AST)
        except SyntaxError as where:  # `tokenize` names the end of the file for a bracket that is never closed.
            what, line = where.msg, where.lineno
        except ValueError:
            pass
        raise LabError(f"{shown(data)}, line {line}: not valid Python ({what}).") from None
    tokens = Codec(VOCABULARY).encode(text, lenient=True).astype(np.uint8)
    cut = len(tokens) - max(length, len(tokens) // 10)
    return [(tokens[:cut], kinds[:cut]), (tokens[cut:], kinds[cut:])] if cut >= length else []


def source_text(data: str, rules: int) -> str:
    """One's own Python source, in the encoding that its first lines declare (PEP 263)."""
    raw = own_file(data)
    if raw[:200].lstrip().startswith(b"{") and b'"nbformat"' in raw and b'"cells"' in raw:
        raise LabError(f"{shown(data)} is a Jupyter notebook, not Python source: save it as a script (jupyter nbconvert --to script).")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError:  # It declares none that is known, or is not UTF-8: `decoded` says where.
        encoding = "utf-8"
    if rules == 1 or encoding in ("utf-8", "utf-8-sig"):
        return decoded(raw, data, rules)[0]
    return decoded(raw.decode(encoding, "replace").encode(), data, rules)[0]


def stdlib_parts(data: str, characters: int, length: int, seed: int, rules: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Modules of the standard library in an order that `seed` shuffles, until there are enough characters."""
    codec = Codec(VOCABULARY)
    files = stdlib_files()
    order = np.random.default_rng(seed).permutation(len(files))
    wanted = [characters // 10, characters]  # Validation first, so that more training leaves it as it is.
    parts: list[tuple[list[np.ndarray], list[np.ndarray]]] = [([], []), ([], [])]
    part = size = 0
    for i in order:
        try:
            text = files[i].read_text("utf-8")
            kinds = kinds_of(text)
        except (OSError, UnicodeDecodeError, tokenize.TokenError, SyntaxError):
            continue
        parts[part][0].append(codec.encode(text, lenient=True).astype(np.uint8))
        parts[part][1].append(kinds)
        size += len(kinds)
        if size >= wanted[part]:
            if part:
                break
            part = 1
    joined = [
        (np.concatenate(tokens or [np.zeros(0, np.uint8)]), np.concatenate(kinds or [np.zeros(0, np.uint8)])) for tokens, kinds in parts
    ]
    return joined[::-1]


def kinds_of(source: str) -> np.ndarray:
    """The kind (N,) uint8 of every character of Python source. Raises tokenize.TokenError or SyntaxError where it is none."""
    # Lines as `tokenize` is given them: str.splitlines would also cut at form feeds, and every later token would be misplaced.
    lines = list(io.StringIO(source, newline=""))
    starts = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(int)
    kinds = np.full(len(source), SPACE, np.uint8)
    for item in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
        kind = kind_of(item)
        if kind != SPACE:
            (row, column), (end_row, end_column) = item.start, item.end
            kinds[starts[row - 1] + column : starts[min(end_row - 1, len(starts) - 1)] + end_column] = kind
    return kinds


def kind_of(item: tokenize.TokenInfo) -> int:
    if item.type == token.NAME:
        if keyword.iskeyword(item.string):
            return KEYWORD
        return BUILTIN if item.string in BUILTINS else NAME
    if item.type in STRINGS:
        return STRING
    return {token.OP: OPERATOR, token.COMMENT: COMMENT, token.NUMBER: NUMBER}.get(item.type, SPACE)
