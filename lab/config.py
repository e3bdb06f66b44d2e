"""Typed, bounded, frozen configs: the one description from which flags, forms, checks and `config.json` all come.

A field has a default, a bound (`ge`, `le`, `Literal`) and a description that says what raising or lowering it does.
Config modules import no torch, so that help texts and forms appear at once.
"""

import copy
import re
from typing import Any, ClassVar, Literal, Self, TypeVar, get_args, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lab.data import catalogue
from lab.errors import UsageError
from lab.readable import singular


class Config(BaseModel):
    """Base of every recipe's config."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    explanation: ClassVar[str] = ""
    """What a person sees who trains this recipe: the idea, the formula and the paper, as HTML."""
    pages: ClassVar[tuple[str, ...]] = ()
    """Names of the app's pages that show the network at work, in order."""
    first_views: ClassVar[tuple[str, ...]] = ()
    """The views that the app opens first."""
    plays_atari: ClassVar[bool] = False
    """Whether what is trained is an agent that plays one of the emulator's games."""
    former_names: ClassVar[dict[str, str]] = {}
    """Former names of fields and the present ones: stored runs and people's scripts may still use them."""

    former_values: ClassVar[dict[str, Any]] = {}
    """What fields were before they were settings: those of stored runs whose config.json lacks them."""

    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        description="Seed of all random generators of the run: the same seed gives the same run. Raising or lowering it changes chance alone.",
    )

    @field_validator("data", mode="before", check_fields=False)
    @classmethod
    def known_data(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        kinds = data_kinds(cls.model_fields["data"])
        exists = (info.context or {}).get("exists", True)
        return catalogue.check(value, *kinds, exists=exists) if kinds and isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def with_present_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        twice = [name for name in cls.former_names if name in values and cls.former_names[name] in values]
        if twice:
            raise ValueError(f"{flag(twice[0])} is the former name of {flag(cls.former_names[twice[0]])}: give one of them")
        return {cls.former_names.get(name, name): value for name, value in values.items()}

    @field_validator("*", mode="before")
    @classmethod
    def typed_choice(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """A choice that was typed is that choice: pydantic takes the text of a number for a number, but not for one of several."""
        annotation = cls.model_fields[info.field_name].annotation if info.field_name else None
        choices = get_args(annotation) if isinstance(value, str) and get_origin(annotation) is Literal else ()
        return next((choice for choice in choices if str(choice) == value), value)

    @classmethod
    def parse(cls, values: dict[str, Any], exists: bool = True) -> Self:
        """A checked config, whose data are there if they are to `exists`. Raises UsageError that names each bad field, its value and its bound."""
        try:
            return cls.model_validate(values, context={"exists": exists})
        except pydantic.ValidationError as error:
            raise UsageError(" ".join(sentence(cls, e) for e in error.errors())) from None

    def data_record(self, remembered: dict[str, Any] | None) -> dict[str, Any] | None:
        """What a run remembers of the data that this config names, where they can be described without the experiment."""
        return None

    @property
    def subject(self) -> str:
        """What the run is about, for its folder's name: the data set or the game."""
        return str(getattr(self, "game", None) or getattr(self, "data", "none"))


def sentence(cls: type[BaseModel], error: Any) -> str:
    """One sentence for one pydantic error: the field, what it needs, what it got, what it means."""
    name = ".".join(str(part) for part in error["loc"]) or "config"
    if error["type"] == "extra_forbidden":
        from lab.errors import unknown

        return str(unknown("setting", name, cls.model_fields, see="lab train RECIPE --help"))
    field = cls.model_fields.get(name)
    needs = error["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    meaning = f" ({about(field)})" if field is not None and field.description and not data_kinds(field) else ""
    if not error["loc"]:
        return f"{needs[:1].upper()}{needs[1:]}."
    return f"{flag(name)} {needs}, got {error['input']!r}.{meaning}"


def flag(name: str) -> str:
    """The command line's spelling of a field: `n_step` -> `--n-step`."""
    return "--" + name.replace("_", "-")


def unit(name: str) -> dict[str, Any]:
    """A field's unit, which forms and help texts show: `steps: int = Field(..., json_schema_extra=unit("steps"))`."""
    return {"unit": name}


def unit_of(field: Any) -> str:
    """The unit of a config's field, "" where it has none."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def data_field(default: str, *kinds: catalogue.Kind, about: str) -> Any:
    """The field `data` of a recipe that learns from one of `kinds`: checks, choices and the list of names come from the catalogue."""
    extra: dict[str, Any] = {"data": list(kinds)}
    return Field(default, description=f"{about}: {catalogue.listed(*kinds)}.", json_schema_extra=extra)


def data_kinds(field: Any) -> list[catalogue.Kind]:
    """The kinds of data that a field made by `data_field` names, [] of any other."""
    extra = field.json_schema_extra
    return extra.get("data", []) if isinstance(extra, dict) else []


def words(names: dict[Any, str]) -> dict[str, Any]:
    """What forms show in place of values that stand for something else: `json_schema_extra=words({0: "off"})`."""
    return {"words": names}


def words_of(field: Any) -> dict[Any, str]:
    """What `words` says of a field, {} where its values are what they say."""
    extra = field.json_schema_extra
    return extra.get("words", {}) if isinstance(extra, dict) else {}


def only(**conditions: Any) -> dict[str, Any]:
    """The values of other fields with which a field counts: `json_schema_extra=only(data="atari")`, or a tuple of values.

    A value that ends with a colon stands for all that begin with it, such as `folder:`. Help texts say the condition, and forms
    show the field with those values alone. Goes with a unit: `unit("frames") | only(data="atari")`.
    """
    return {"only": listed_values(conditions)}


def unless(**conditions: Any) -> dict[str, Any]:
    """The values of other fields with which a field does not count, as `only` takes them."""
    return {"unless": listed_values(conditions)}


def listed_values(conditions: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: list(values) if isinstance(values, tuple) else [values] for name, values in conditions.items()}


def conditions_of(field: Any, kind: str = "only") -> dict[str, list[Any]]:
    """What `only`, or `unless`, says of a field, {} where it says nothing."""
    extra = field.json_schema_extra
    return extra.get(kind, {}) if isinstance(extra, dict) else {}


def is_settled(field: Any) -> bool:
    """Whether there is one value only, as where a recipe settles a field of its base by `Literal["quantile"]`: nobody is asked for it."""
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


def counts(field: Any, values: dict[str, Any]) -> bool:
    """Whether a field has an effect beside these values of the others."""
    wanted, unwanted = conditions_of(field), conditions_of(field, "unless")
    return (
        not is_settled(field)
        and all(among(values.get(name), of) for name, of in wanted.items())
        and not any(among(values.get(name), of) for name, of in unwanted.items())
    )


def among(value: Any, wanted: list[Any]) -> bool:
    return value in wanted or any(isinstance(w, str) and w.endswith(":") and str(value).startswith(w) for w in wanted)


def counting(fields: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values of those `fields` that have an effect: they count, and so do those that they depend on and that leave a choice."""

    def effective(name: str) -> bool:
        others = [other for kind in ("only", "unless") for other in conditions_of(fields[name], kind)]
        return counts(fields[name], values) and all(is_settled(fields[other]) or effective(other) for other in others)

    return {name: value for name, value in values.items() if effective(name)}


def about(field: Any) -> str:
    """A field's description, with the conditions under which it counts."""
    parts = [field.description]
    for kind, word in (("only", "Only"), ("unless", "Not")):
        conditions = [in_flags(name, wanted) for name, wanted in conditions_of(field, kind).items()]
        parts += [f"{word} with {(' and ' if kind == 'only' else ' or ').join(conditions)}."] if conditions else []
    return " ".join(parts)


EFFECT = re.compile(r"(?<=[.:]) (?=(?:More|Fewer|Higher|Lower|Larger|Longer|Shorter|Wider|Deeper|Raising)\b)")
"""Where a description begins to say what raising or lowering does."""


def meaning_and_effect(field: Any) -> tuple[str, str]:
    """A field's description in two parts: what it is, and what raising or lowering it does, "" where that is not said apart."""
    meaning, *effect = EFFECT.split(field.description, maxsplit=1)
    return meaning, "".join(effect)


def default_of(field: Any) -> str:
    """A field's default as forms say it."""
    return value_text(field, field.default)


def value_text(field: Any, value: Any) -> str:
    """A field's value for a person: in words where it stands for something else, with its unit elsewhere."""
    word = words_of(field).get(value)
    if word is not None:
        return word
    number = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) and field.annotation is int else str(value)
    return f"{number} {singular(unit_of(field)) if value == 1 else unit_of(field)}".rstrip()


def in_flags(name: str, wanted: list[Any]) -> str:
    """A condition as the command line writes it."""
    return flag(name) if wanted == [True] else f"{flag(name)} {' or '.join(f'{w}PATH' if str(w).endswith(':') else f'{w}' for w in wanted)}"


def conditional(cls: type[Config], name: str, **conditions: Any) -> Any:
    """The field `name` of a base, which counts in a subclass with these values of others only: `b: int = conditional(A, "b", a=True)`."""
    field = copy.copy(cls.model_fields[name])
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    field.json_schema_extra = {**extra, **only(**conditions)}
    return field


C = TypeVar("C", bound=Config)


def with_defaults(cls: type[C], name: str, **defaults: Any) -> type[C]:
    """A subclass of `cls` with other defaults; bounds and descriptions stay those of `cls`."""
    fields: dict[str, Any] = {}
    for key, value in defaults.items():
        field = copy.copy(cls.model_fields[key])
        field.default = value
        fields[key] = (field.annotation, field)
    return pydantic.create_model(name, __base__=cls, __module__=cls.__module__, __doc__=cls.__doc__, **fields)
