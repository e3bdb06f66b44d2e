"""Types of views' parameters, with their bounds: `def samples(self, net, n: Count = 64, seed: Seed = 0) -> Images`.

The command line, the app and Python check values against them in one place, `checked`; forms take their limits from `bounds`.
"""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Interval
from pydantic import ConfigDict, TypeAdapter, ValidationError

from lab.config import flag
from lab.errors import UsageError, unknown

Count = Annotated[int, Interval(ge=1, le=10_000)]
"""How many of something are shown."""
Side = Annotated[int, Interval(ge=1, le=100)]
"""Rows and columns of a square of pictures."""
Length = Annotated[int, Interval(ge=1, le=100_000)]
"""Characters, tokens or moments."""
Index = Annotated[int, Interval(ge=0, le=2**31 - 1)]
"""Which one, counted from 0; for `top_k` and its like, 0 is "all"."""
Choice = Annotated[int, Interval(ge=-1, le=2**31 - 1)]
"""Which one, counted from 0, or -1 for none or the last, as the view says."""
Seed = Annotated[int, Interval(ge=0, le=2**31 - 1)]
Temperature = Annotated[float, Interval(ge=0, le=100)]
"""What logits are divided by; 0 takes the likeliest."""
Share = Annotated[float, Interval(ge=0, le=1)]
Span = Annotated[float, Interval(ge=0, le=1000)]
Sides = Literal["coarsest side", "all but the finest", "finest side", "all but the coarsest"]
"""Which sides (sizes of the feature maps) of a generator."""
Real = Annotated[float, Interval(ge=-1e6, le=1e6)]


def checked(view: str, parameters: Mapping[str, inspect.Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values, or texts of them, as the view takes them. Raises UsageError that names the parameter, its bounds and what it got."""
    checked_values = {}
    for name, value in values.items():
        name = name.replace("-", "_")
        if name not in parameters:
            raise unknown(f"parameter of view {view}", name, parameters, see="lab show RUN")
        annotation = parameters[name].annotation
        kind = TypeAdapter(Any if annotation is inspect.Parameter.empty else annotation, config=ConfigDict(allow_inf_nan=False))
        try:
            checked_values[name] = kind.validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Input ")
            raise UsageError(f"{flag(name)} {reason}, got {value!r}.{in_words(annotation)}") from None
    return checked_values


def bounds(annotation: Any) -> tuple[float, float] | None:
    """The least and the largest value of a parameter, where it has them."""
    intervals = [part for part in get_args(annotation)[1:] if isinstance(part, Interval)] if get_origin(annotation) is Annotated else []
    return (intervals[0].ge, intervals[0].le) if intervals else None  # type: ignore[return-value]


def in_words(annotation: Any) -> str:
    limits = bounds(annotation)
    return f" It goes from {limits[0]:,} to {limits[1]:,}." if limits else ""
