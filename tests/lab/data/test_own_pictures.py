"""What is said of a person's own pictures before training, and the folders made of ZIPs and single files."""

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from lab.data.own_pictures import SIDE, gather, look
from lab.errors import LabError


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path / "cache"))


def draw(path: Path, width: int = 4, height: int = 6, hue: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), hue).save(path)
    return path


def test_count_sizes_classes_and_what_cannot_be_read(tmp_path: Path) -> None:
    for i in range(3):
        draw(tmp_path / "pets" / "cats" / f"{i}.png", 10 + i, 20)
    draw(tmp_path / "pets" / "dogs" / "a.png", 5, 40)
    (tmp_path / "pets" / "dogs" / "b.png").write_bytes(b"")
    heard: list[tuple[int, int]] = []
    seen = look(tmp_path / "pets", lambda done, of: heard.append((done, of)))
    assert seen.sentence == "4 pictures, 1 unreadable: b.png is empty. 5 to 12 pixels wide, 20 to 40 high. 2 classes: cats (3), dogs (1)."
    assert seen.thumbnails.shape == (4, SIDE, SIDE, 3)
    assert heard[-1] == (5, 5)


def test_one_size_is_said_once(tmp_path: Path) -> None:
    draw(tmp_path / "one" / "a.png", 4, 6)
    assert look(tmp_path / "one").sentence == "1 picture. 4x6 pixels."


def test_a_zip_is_unpacked_once_under_its_own_name_with_its_folders(tmp_path: Path) -> None:
    draw(tmp_path / "in" / "cats" / "a.png")
    draw(tmp_path / "in" / "dogs" / "b.png")
    archive = tmp_path / "my pets.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for name in ("cats/a.png", "dogs/b.png"):
            members.write(tmp_path / "in" / name, name)
        members.write(tmp_path / "in" / "cats" / "a.png", "../outside.png")
        members.write(tmp_path / "in" / "cats" / "a.png", "__MACOSX/cats/._a.png")
        members.writestr("readme.txt", "text")
    folder = gather([archive])
    assert folder.name == "my pets"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png")) == ["cats/a.png", "dogs/b.png"]
    assert gather([archive]) == folder
    assert not (folder.parent / "outside.png").exists()


def test_single_files_become_a_folder_of_their_folders_name(tmp_path: Path) -> None:
    files = [draw(tmp_path / "holiday" / "a.png"), draw(tmp_path / "work" / "a.png", hue="blue")]
    folder = gather(files)
    assert folder.name == "holiday"
    assert look(folder).count == 2


def test_what_is_no_picture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "a.txt"
    text.write_text("x")
    with pytest.raises(LabError, match=r"one folder, one ZIP or pictures; got a\.txt"):
        gather([text])
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as members:
        members.write(text, "a.txt")
    with pytest.raises(LabError, match=r"b\.zip holds no pictures"):
        gather([tmp_path / "b.zip"])
    damaged = tmp_path / "c.zip"
    draw(tmp_path / "p.png", 64, 64)
    with zipfile.ZipFile(damaged, "w") as members:
        members.write(tmp_path / "p.png", "p.png")
    damaged.write_bytes(damaged.read_bytes().replace(b"IHDR", b"XXXX"))
    with pytest.raises(LabError, match=r"c\.zip cannot be unpacked"):
        gather([damaged])
    assert list((tmp_path / "cache" / "own").rglob("*.png")) == []
