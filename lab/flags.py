"""Flags of the commands: argparse with errors as one sentence, and a flag for every field of a config."""

import argparse
import json
import shlex
from collections.abc import Sequence
from typing import Any, Literal, NoReturn, get_args, get_origin

from lab.commands import COMMANDS
from lab.config import Config, about, flag, is_settled, unit_of, words_of
from lab.device_names import checked
from lab.errors import UsageError, unknown
from lab.setting_groups import MAIN, grouped


class Parser(argparse.ArgumentParser):
    """argparse with errors as one sentence, raised instead of printed."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. `{self.prog} --help` explains.")

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        namespace, rest = self.parse_known_args(arguments)
        if rest:
            flags = [option for action in self._actions for option in action.option_strings]
            kind = "flag" if rest[0].startswith("-") else "argument"
            raise unknown(f"{kind} of `{self.prog}`", rest[0].split("=")[0], flags, see=f"{self.prog} --help")
        return namespace


def parser(command: str, usage: str, more: str = "") -> Parser:
    return Parser(
        prog=f"lab {command}", usage=f"lab {command} {usage}", description=f"{COMMANDS[command]}\n\n{more}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip


def add_device(p: Parser) -> None:
    p.add_argument(
        "--device",
        type=checked,
        metavar="auto|cpu|cuda|cuda:N|mps",
        default="auto",
        help="device to use; auto takes a GPU of CUDA if there is one",
    )


def add_data(p: Parser) -> None:
    p.add_argument(
        "--data", metavar="DATA", help="new location of the run's data (file:PATH, folder:PATH), or different data to use deliberately"
    )


def add_json(p: Parser) -> None:
    p.add_argument("--json", action="store_true", help="print one JSON document, and nothing else, on stdout")


def add_length(p: Parser, unit: str = "units of progress") -> None:
    p.add_argument("--steps", type=whole, metavar="N", help=f"stop after N {unit} in total")
    p.add_argument("--minutes", type=float, metavar="M", help="stop after M minutes of training")


def check_length(steps: int | None, minutes: float | None) -> None:
    """Raises UsageError unless one of them is given at most, and as a number that a run can reach."""
    if steps is not None and minutes is not None:
        raise UsageError("Give --steps or --minutes, not both.")
    if steps is not None and not 1 <= steps <= 10**15:
        raise UsageError(f"--steps must be at {'least 1' if steps < 1 else 'most 10^15'}, got {steps}.")
    if minutes is not None and not 0 < minutes <= 10**9:
        raise UsageError(f"--minutes must be above 0 and at most 10^9, got {minutes}.")


def whole(text: str) -> int:
    """An int that may be written 200_000 or 2e5."""
    try:
        return int(text)  # All of its digits, which a float has not.
    except ValueError:
        pass
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}") from None
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(value)


def add_fields(p: Parser, config: type[Config]) -> None:
    """A flag for every field of a config, in the groups of the app's forms. Values stay text: the config checks and converts them."""
    for title, names in grouped(config.model_fields).items():
        group = p.add_argument_group(title.lower() if title == MAIN else f"more: {title.lower()}")
        for name in names:
            add_field(group, config, name)


def add_field(group: Any, config: type[Config], name: str) -> None:
    """The flag of one field, and those of its former names, which no help text lists."""
    field = config.model_fields[name]
    text = f"{about(field)} (default {default_value(field)}{bounds(field)})".replace("%", "%%")
    settings: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS}
    if field.annotation is bool:
        settings |= {"action": argparse.BooleanOptionalAction}
    elif get_origin(field.annotation) is Literal:
        settings |= {"metavar": "|".join(map(str, get_args(field.annotation)))}
    else:
        metavar = getattr(field.annotation, "__name__", "value").upper()
        settings |= {"metavar": metavar, "type": whole if field.annotation is int else str}
    group.add_argument(flag(name), help=argparse.SUPPRESS if is_settled(field) else text, **settings)
    for former in (former for former, present in config.former_names.items() if present == name):
        group.add_argument(flag(former), help=argparse.SUPPRESS, **settings)


def default_value(field: Any) -> str:
    """A field's default as it is typed, with its meaning where it stands for something else: "0 (off)"."""
    word = words_of(field).get(field.default)
    value = "''" if field.default == "" else str(field.default)
    return f"{value} ({word})" if word else f"{value} {unit_of(field)}".rstrip()


def bounds(field: Any) -> str:
    """A field's bounds in words: ", from 0 to 1"."""
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    above = next((m.gt for m in field.metadata if hasattr(m, "gt")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    below = next((m.lt for m in field.metadata if hasattr(m, "lt")), None)
    parts = [f"from {low}" if low is not None else "", f"above {above}" if above is not None else ""]
    parts += [f"to {high:,}" if high is not None else "", f"below {below}" if below is not None else ""]
    text = " ".join(part for part in parts if part)
    return f", {text}" if text else ""


def command_line(recipe: str, config: Config, *, steps: int | None = None, minutes: float | None = None, device: str = "auto") -> str:
    """The `lab train` line that makes this very config: the fields that differ from the recipe's defaults."""
    words = ["lab", "train", recipe]
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        if value == field.default:
            continue
        if isinstance(value, bool):
            words.append(flag(name) if value else flag("no-" + name))
        else:
            words += [flag(name), str(value)]
    if steps is not None:
        words += ["--steps", str(steps)]
    if minutes is not None:
        words += ["--minutes", f"{minutes:g}"]
    if device != "auto":
        words += ["--device", device]
    return shlex.join(words)


def python_line(recipe: str, config: Config, *, steps: int | None = None, minutes: float | None = None, device: str = "auto") -> str:
    """The Python that makes this very config: the fields that differ from the recipe's defaults, and how long to train."""
    values = {name: getattr(config, name) for name, field in type(config).model_fields.items() if getattr(config, name) != field.default}
    values |= {name: value for name, value in (("steps", steps), ("minutes", minutes)) if value is not None}
    values |= {"device": device} if device != "auto" else {}
    arguments = ", ".join([quoted(recipe), *(f"{name}={quoted(value)}" for name, value in values.items())])
    return f"import lab\n\nrun = lab.train({arguments})\n"


def quoted(value: Any) -> str:
    """A value as it stands in Python, a text in double quotes."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def pairs(rest: list[str]) -> dict[str, str]:
    """`--name value` and `--name=value` as a dict."""
    values: dict[str, str] = {}
    items = iter(rest)
    for item in items:
        if not item.startswith("--"):
            raise UsageError(f"Expected --PARAM VALUE, got {item!r}.")
        name, equals, value = item.removeprefix("--").partition("=")
        if not equals:
            try:
                value = next(items)
            except StopIteration:
                raise UsageError(f"--{name} needs a value.") from None
        values[name.replace("-", "_")] = value
    return values
