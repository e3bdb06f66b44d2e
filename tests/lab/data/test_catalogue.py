"""The records of the data sets, and what is typed after --data."""

import importlib
import json
from pathlib import Path

import pytest

from lab.config import data_kinds
from lab.data.cache import cache
from lab.data.catalogue import DATA, RECORDS, check, escaped, find, giving, listed, paths, readable, subject
from lab.data.image_files import class_names
from lab.errors import UsageError
from lab.paths import runs_folder
from lab.registry import load, recipes


@pytest.mark.parametrize("name", DATA)
def test_every_record_is_complete_and_its_loaders_exist(name: str) -> None:
    record = DATA[name]
    assert record.about
    assert record.licence
    assert record.gives
    for path in record.gives.values():
        module, _, function = path.partition(":")
        assert callable(getattr(importlib.import_module(module), function))
    if record.origin == "own":
        assert len(record.asks) == record.most_paths
    json.dumps(record.as_json())


def test_every_recipes_default_data_give_what_it_learns_from() -> None:
    fields = [recipe.config_class().model_fields.get("data") for recipe in recipes().values()]
    offered = [(field.default, giving(*data_kinds(field))) for field in fields if field is not None and data_kinds(field)]
    assert offered
    assert all(default in names for default, names in offered)


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=f"--data must be {listed('images')}, got 'minst'"):
        load("lab.recipes.vision.classify_config:ClassifyConfig").parse({"data": "minst"})
    with pytest.raises(UsageError, match=r"no data set 'minst'\. Did you mean mnist"):
        find("minst")


@pytest.mark.parametrize("value", ["folder:", "folder:  "])
def test_a_prefix_with_nothing_behind_it_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"must name a folder after folder: \(folder:PATH\)"):
        check(value, "images")


def test_the_home_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(ValueError, match="home folder that does not exist"):
        check("folder:~nobody-of-this-name/x", "images")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert check("folder:~/a", "images") == f"folder:{tmp_path}/a"
    assert check("folders:~/a,~/b", "image domains") == f"folders:{tmp_path}/a,{tmp_path}/b"


def test_a_tilde_in_the_environment_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("LAB_RUNS", "~/runs")
    monkeypatch.setenv("LAB_DATA", "~/data")
    assert (runs_folder(), cache()) == (Path("/home/me/runs"), Path("/home/me/data"))


def test_a_comma_may_belong_to_a_folders_name(tmp_path: Path) -> None:
    for name in ("cats, dogs", "x,y", "z"):
        (tmp_path / name).mkdir()
    assert paths(check(f"folder:{tmp_path}/cats, dogs", "images")) == [tmp_path / "cats, dogs"]
    assert paths(check(f"pairs:{tmp_path}/x,y", "image pairs")) == [tmp_path / "x,y"]
    both = check(f"pairs:{tmp_path}/x,y,{tmp_path}/z", "image pairs")
    assert both == f"pairs:{tmp_path}/x\\,y,{tmp_path}/z"
    assert paths(both) == [tmp_path / "x,y", tmp_path / "z"]
    assert find(both).name == "pairs:A,B"
    assert check(both, "image pairs") == both


def test_a_name_that_is_not_utf8_goes_through_the_setting_and_is_shown_as_latin_1(tmp_path: Path) -> None:
    place = tmp_path / b"caf\xe9".decode("utf-8", "surrogateescape")
    place.mkdir()
    value = check(f"folder:{place}", "images")
    assert value == f"folder:{tmp_path}/caf\\xe9"
    assert json.loads(json.dumps(value).encode()) == value
    assert paths(value) == [place]
    assert readable(place.name) == "café"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"one\.png is a file"):
        check(f"folder:{tmp_path}/one.png", "images")


def test_a_folder_paired_with_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for other in ("a", "a/../a", "link"):
        with pytest.raises(ValueError, match=r"must name two different folders, and both are .*/a"):
            check(f"pairs:{tmp_path}/a,{tmp_path}/{other}", "image pairs")


def test_a_web_address_is_no_folder() -> None:
    with pytest.raises(ValueError, match="must be on this machine, not at a web address"):
        check("folder:https://example.org/cats", "images")


def test_names_of_run_folders_and_classes() -> None:
    assert subject("folder:/home/me/my cats") == "my-cats"
    assert subject("folders:/x/horses,/x/zebras") == "horses"
    assert class_names("atari", "pong,breakout") == ("pong", "breakout")
    assert class_names("mnist")[3] == "3"
    assert escaped(Path("/a\\b,c")) == "/a\\\\b\\,c"


def test_no_two_data_sets_have_one_name() -> None:
    assert len(RECORDS) == len(DATA)
