"""Presets: those of the lab are valid, one's own are kept, and the shell and Python train with them."""

import json
import re
import shlex
from pathlib import Path

import pytest

import lab
from lab import cli, presets, registry
from lab.built_in_presets import BEST, BUILT_IN, Preset
from lab.config import Config, counting
from lab.errors import LabError, UsageError
from lab.flags import add_fields, add_length, parser


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))


@pytest.mark.parametrize("recipe", list(BUILT_IN))
def test_presets_of_the_lab_change_settings_that_have_an_effect(recipe: str) -> None:
    config_class = registry.recipe(recipe).config_class()
    for name, preset in presets.presets(recipe).items():
        config = config_class.parse(preset.fields)
        assert set(preset.fields) <= set(counting(config_class.model_fields, config.model_dump())), name
        assert preset.about.endswith("."), name
        changed = {key for key, value in preset.fields.items() if value != config_class.model_fields[key].default}
        assert changed or preset.steps, name


LONG_ONLY = ("cyclegan-256", "pix2pix-256")
"""These are the published settings of cyclegan and pix2pix, whose quick looks are their own."""


@pytest.mark.parametrize("recipe", [name for name in registry.recipes() if name not in LONG_ONLY])
def test_every_recipe_has_a_quick_look_which_is_shorter_and_no_larger(recipe: str) -> None:
    look = presets.preset(recipe, "quick look")
    assert look.steps is not None
    assert look.steps <= registry.recipe(recipe).steps / 3
    defaults = registry.recipe(recipe).config_class().model_fields
    for size in ("features", "batch_size", "hidden", "width", "layers", "envs", "size", "latent", "replay_capacity"):
        if size in look.fields and defaults[size].default:  # 0 is the data's own size.
            assert look.fields[size] <= defaults[size].default, size


BESTS = [name for name, known in BUILT_IN.items() if BEST in known]


@pytest.mark.parametrize("recipe", BESTS)
def test_what_is_best_was_measured_with_these_settings(recipe: str) -> None:
    """A row of docs/results.md has the preset's settings and length in its command, or a shipped agent of a row was trained with them."""
    root = Path(__file__).parents[2]
    rows = root.joinpath("docs", "results.md").read_text(encoding="utf-8").replace("$s", "0")
    made = [
        json.loads(path.read_text())["training"]["command"]
        for path in root.glob("agents/pretrained/*/config.json")
        if f"eval {path.parent.name} " in rows
    ]
    commands = [
        match[1] for text in (rows, *made) for match in re.finditer(rf"lab train {recipe}((?: [^`&|;\n]*)?)(?=[`&;]|$)", text, re.MULTILINE)
    ]
    best = BUILT_IN[recipe][BEST]
    wanted = registry.recipe(recipe).config_class().parse(best.fields)
    assert any(asked(recipe, flags) in ((wanted, best.steps), (wanted, None)) for flags in commands), commands


def asked(recipe: str, flags: str) -> tuple[Config, int | None]:
    """The settings of a command but for game and seed, and its steps: the recipe's own where it names none, None where it names minutes."""
    entry = registry.recipe(recipe)
    p = parser("train", "")
    p.add_argument("--preset", default="")
    add_length(p)
    add_fields(p, entry.config_class())
    given = vars(p.parse(shlex.split(flags)))
    preset, steps, minutes = given.pop("preset"), given.pop("steps"), given.pop("minutes")
    base = presets.preset(recipe, preset) if preset else Preset("", {}, entry.steps)
    settings = {name: value for name, value in given.items() if name not in ("game", "seed")}
    return entry.config_class().parse({**base.fields, **settings}), None if minutes else steps or base.steps


def test_own_presets_are_saved_renamed_and_deleted() -> None:
    presets.save("vae", "  my   plane ", {"latent": 2, "beta": 4.0}, steps=123)
    assert presets.preset("vae", "My Plane") == Preset("Your own.", {"latent": 2, "beta": 4.0}, 123)
    assert list(presets.presets("vae"))[-1] == "my plane"
    assert "my plane" not in presets.presets("gan")
    presets.rename("vae", "my plane", "flat")
    assert list(presets.own("vae")) == ["flat"]
    presets.delete("vae", "flat")
    assert presets.own("vae") == {}


def test_a_name_of_the_lab_or_none_is_refused() -> None:
    with pytest.raises(UsageError, match="is a preset of the lab"):
        presets.save("vae", "Quick Look", {})
    with pytest.raises(UsageError, match="needs a name"):
        presets.save("vae", "  ", {})
    presets.save("vae", "a", {})
    presets.save("vae", "b", {})
    with pytest.raises(UsageError, match="has a preset 'b' already"):
        presets.rename("vae", "a", "b")


def test_settings_that_are_none_are_not_saved() -> None:
    with pytest.raises(UsageError, match="--latent"):
        presets.save("vae", "bad", {"latent": 0})
    assert presets.own("vae") == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"vae": {"a": 1}}', '{"vae": []}'])
def test_a_damaged_file_is_named_and_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / "presets.json").write_text(text)
    with pytest.raises(LabError, match=r"presets\.json cannot be read"):
        presets.save("vae", "mine", {})
    assert (tmp_path / "presets.json").read_text() == text


def test_the_shell_trains_with_a_preset_which_flags_override(capsys: pytest.CaptureFixture[str]) -> None:
    presets.save("vae", "tiny one", {"latent": 2, "hidden": "4", "batch_size": 2, "quality_every": 0}, steps=3)
    assert cli.main(["train", "vae", "--preset", "tiny one", "--latent", "3", "--json"]) == 0
    run = lab.find("last")
    capsys.readouterr()
    config = run.config().model_dump()
    assert (config["latent"], config["hidden"]) == (3, "4")
    assert run.stored["steps"] == 3


def test_python_trains_with_a_preset() -> None:
    presets.save("vae", "tiny", {"latent": 2, "hidden": "4", "batch_size": 2, "quality_every": 0}, steps=3)
    run = lab.train("vae", preset="tiny", steps=2, quiet=True)
    assert run.stored["steps"] == 2
    assert run.config().latent == 2  # type: ignore[attr-defined]


def test_an_unknown_preset_is_answered_with_those_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train", "vae", "--preset", "quick lok"]) == 2
    assert "There is no preset of vae 'quick lok'. Did you mean quick look?" in capsys.readouterr().err


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    presets.save("vae", "mine", {})
    cli.main(["list", "--json"])
    vae = next(recipe for recipe in json.loads(capsys.readouterr().out)["recipes"] if recipe["name"] == "vae")
    assert list(vae["presets"]) == ["quick look", "as published", "best", "two dimensions", "mine"]
    cli.main(["list"])
    assert "quick look, as published, best, two dimensions, mine" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["train", "vae", "--help"])
    assert "quick look, as published, best, two dimensions, mine" in " ".join(capsys.readouterr().out.split())
