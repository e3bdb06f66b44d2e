"""The data of image-to-image models: pairs made from images, painted digits, a person's own folders and what is wrong with them."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lab.data import downloads
from lab.data.domain_folders import own_pairs, paired_folders, side_by_side, two_folders, unpaired_folders
from lab.data.hue import hsv, hue_spread, hues
from lab.data.image_records import domains_record
from lab.data.images import Request
from lab.data.load import load_domains, load_image_pairs, load_images
from lab.data.pair_tasks import outline
from lab.data.palette_masks import LABELS, coloured_labels, labels_of, shrunk
from lab.data.synthetic_domains import blueprint, paint
from lab.errors import LabError, UsageError

CPU = torch.device("cpu")


def save(path: Path, width: int, height: int, value: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (value, 0, 255 - value)).save(path)
    return path


# -- unpaired digits ---------------------------------------------------------------------------------------------------


def test_plain_and_painted_digits_have_no_original_in_common() -> None:
    domains = load_domains("digits", "train", CPU, size=32)
    labels = load_images("digits", "train", CPU).labels
    assert torch.equal(domains.a.labels, labels[0::2])
    assert torch.equal(domains.b.labels, labels[1::2].repeat(16))
    assert domains.a.images.shape[1:] == domains.b.images.shape[1:] == (3, 32, 32)
    assert not domains.paired


def test_every_held_out_digit_is_in_both_domains_and_painted_four_times_in_other_ways() -> None:
    domains = load_domains("digits", "test", CPU, size=32)
    labels = load_images("digits", "test", CPU).labels
    assert torch.equal(domains.a.labels, labels)
    assert torch.equal(domains.b.labels, labels.repeat(4))
    paintings = domains.b.images.view(4, len(labels), 3, 32, 32)
    assert all(not torch.equal(paintings[i, 0], paintings[j, 0]) for i in range(4) for j in range(i))


def test_a_faint_stroke_is_painted_as_well_and_noise_is_not() -> None:
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[..., 1:7, 1], image[..., 1:7, 6] = 255, 90  # A third of the strong stroke's ink.
    image[..., 4, 4] = 20
    drawn = paint(image, 32, torch.Generator().manual_seed(0)).float()[0]
    strong, faint, noise, ground = (drawn[:, 18, column] for column in (6, 26, 18, 14))
    assert float((strong - faint).abs().mean()) < 0.2 * float((strong - ground).abs().mean())
    assert float((noise - ground).abs().mean()) < 0.2 * float((strong - ground).abs().mean())


def test_painted_digits_have_all_colours_and_plain_ones_none() -> None:
    domains = load_domains("digits", "train", CPU, size=16)
    assert torch.equal(domains.a.images[:, 0], domains.a.images[:, 2])
    assert hue_spread(hues(domains.b.images / 255)) > 0.95
    assert len(domains.b) == 12_000  # 750 originals, each painted sixteen times.


def test_the_same_seed_paints_the_same_pictures() -> None:
    image = torch.randint(0, 256, (2, 1, 8, 8), generator=torch.Generator().manual_seed(3)).to(torch.uint8)
    one, same, other = (paint(image, 24, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("hue", "rgb"), [(0.0, (1, 0, 0)), (1 / 3, (0, 1, 0)), (2 / 3, (0, 0, 1)), (1 / 6, (1, 1, 0)), (1.0, (1, 0, 0))])
def test_hues_of_pure_colours(hue: float, rgb: tuple[int, int, int]) -> None:
    made = hsv(torch.full((1, 1, 2, 2), hue), torch.ones(1, 1, 1, 1), torch.ones(1, 1, 1, 1))
    torch.testing.assert_close(made[0, :, 0, 0], torch.tensor(rgb, dtype=torch.float32), atol=1e-6, rtol=0)
    assert abs(float(hues(made)[0]) - hue % 1) < 1e-5


def test_the_spread_of_hues_goes_from_one_family_to_all() -> None:
    assert hue_spread(torch.full((100,), 0.31)) == 0
    assert hue_spread(torch.arange(0, 1, 1 / 1200)) == pytest.approx(1, abs=1e-3)
    assert hue_spread(torch.tensor([0.1, 0.6] * 50)) == pytest.approx(np.log(2) / np.log(12))


def test_a_blueprint_draws_bright_lines_where_the_frame_has_edges() -> None:
    frame = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    frame[:, :, :, 8:] = 255
    drawn = blueprint(frame).float().mean(1)[0]
    assert drawn[1, 7] > 200
    assert drawn[1, 2] < 100
    assert drawn[1, 13] < 160


# -- pairs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["outline", "half", "upscale", "colour", "denoise", "deblur", "holes"])
def test_pairs_belong_together(task: str) -> None:
    pairs = load_image_pairs(task, "digits", "test", CPU, size=32)
    assert pairs.paired
    assert pairs.a.images.shape == pairs.b.images.shape == (297, 3, 32, 32)
    assert torch.equal(pairs.a.labels, pairs.b.labels)
    if task == "half":
        assert torch.equal(pairs.a.images[..., :16], pairs.b.images[..., :16])
        assert bool((pairs.a.images[..., 16:] == 128).all())


def test_holes_are_grey_strokes_and_all_else_stays() -> None:
    pairs = load_image_pairs("holes", "digits", "test", CPU, size=32)
    changed = (pairs.a.images != pairs.b.images).any(1)
    assert bool((pairs.a.images[changed[:, None].expand(-1, 3, -1, -1)] == 128).all())
    assert 0.05 < float(changed.float().mean()) < 0.4
    again = load_image_pairs("holes", "digits", "test", CPU, size=32)
    assert torch.equal(pairs.a.images, again.a.images)


def test_an_outline_is_white_on_black_and_lies_on_the_edge() -> None:
    square = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    square[..., 8:24, 8:24] = 255
    lines = outline(square)[0, 0]
    assert set(lines.unique().tolist()) == {0, 255}
    rows = lines[16].nonzero()[:, 0].tolist()
    assert rows
    assert all(min(abs(x - 7.5), abs(x - 23.5)) <= 1.5 for x in rows)


def test_sprite_colours_become_labels_and_the_rarest_survives_shrinking() -> None:
    frame = np.zeros((1, 8, 8, 3), np.uint8)
    frame[0, 3, 3] = (200, 72, 72)
    frame[0, 0, 0] = (199, 70, 70)  # Not in the palette: the nearest is taken.
    labels = labels_of(frame, np.array([[0, 0, 0], [200, 72, 72]], np.uint8))
    assert labels[0].nonzero().tolist() == [[0, 0], [3, 3]]
    assert shrunk(labels, 2)[0].tolist() == [[1, 0], [0, 0]]
    colours = coloured_labels(torch.arange(LABELS).view(1, 1, -1))[0, :, 0]
    assert len(colours.unique(dim=1).T) == LABELS


def test_segmentation_needs_the_games() -> None:
    with pytest.raises(UsageError, match="atari"):
        load_image_pairs("segment", "digits", "train", CPU, size=32)


def test_maps_and_frames_of_a_game_are_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    pairs = load_image_pairs("segment", "atari", "test", CPU, size=32, games="pong", frames=10)
    assert pairs.a.images.shape == pairs.b.images.shape == (2, 3, 32, 32)
    again = load_image_pairs("segment", "atari", "test", CPU, size=32, games="pong", frames=10)  # Now from the cache.
    assert torch.equal(pairs.a.images, again.a.images)


# -- folders of one's own ----------------------------------------------------------------------------------------------


def test_two_folders_of_any_sizes_are_domains(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "summer" / f"{i}.png", 20 + i, 30)
    for i in range(5):
        save(tmp_path / "winter" / f"{i}.jpg", 40, 24)
    domains = two_folders(tmp_path / "summer", tmp_path / "winter", size=16)
    assert (len(domains.a), len(domains.b), domains.names, domains.paired) == (3, 5, ("summer", "winter"), False)


def test_an_empty_domain_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png", 8, 8)
    (tmp_path / "b").mkdir()
    with pytest.raises(LabError, match=r"The folder .*b holds no images"):
        two_folders(tmp_path / "a", tmp_path / "b", size=8)


def test_a_domain_of_broken_images_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a" / "1.png", 8, 8)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "1.png").write_bytes(b"no picture")
    with pytest.raises(LabError, match="None of the 1 images"):
        two_folders(tmp_path / "a", tmp_path / "b", size=8)


def test_pairs_are_matched_by_name_whatever_their_ending(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "a" / f"{i}.png", 12, 12, 10 * i)
        save(tmp_path / "b" / f"{i}.bmp", 12, 12, 200 + 10 * i)
    pairs = paired_folders(tmp_path / "a", tmp_path / "b", size=8)
    assert pairs.paired
    assert pairs.a.images[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert pairs.b.images[:, 0, 0, 0].tolist() == [200, 210, 220]


def test_folders_of_different_length_are_refused_with_the_names(tmp_path: Path) -> None:
    for i in range(3):
        save(tmp_path / "a" / f"{i}.png", 12, 12)
    save(tmp_path / "b" / "0.png", 12, 12)
    with pytest.raises(LabError, match=r"has 3 images and .* has 1, with 1\.png only in .*a, 2\.png only in"):
        paired_folders(tmp_path / "a", tmp_path / "b", size=8)


def test_a_pair_of_mixed_sizes_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a" / "0.png", 12, 12)
    save(tmp_path / "b" / "0.png", 12, 14)
    with pytest.raises(LabError, match=r"12x12 and .* 12x14"):
        paired_folders(tmp_path / "a", tmp_path / "b", size=8)


def test_pairs_side_by_side_are_cut_in_the_middle(tmp_path: Path) -> None:
    both = np.zeros((10, 20, 3), np.uint8)
    both[:, 10:] = 200
    Image.fromarray(both).save(tmp_path / "one.png")
    pairs = side_by_side(tmp_path, size=8)
    assert int(pairs.a.images.max()) == 0
    assert int(pairs.b.images.min()) == 200


@pytest.mark.parametrize(("width", "height", "words"), [(21, 10, "even width"), (20, 12, "mixed shapes")])
def test_pairs_side_by_side_of_wrong_shape_are_refused(tmp_path: Path, width: int, height: int, words: str) -> None:
    save(tmp_path / "0.png", 20, 10)
    save(tmp_path / "1.png", width, height)
    with pytest.raises(LabError, match=words):
        side_by_side(tmp_path, size=8)


def test_a_broken_image_of_a_pair_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a" / "0.png", 12, 12)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "0.png").write_bytes(b"no picture")
    with pytest.raises(LabError, match=r"b/0\.png is not an image .* Take it and its partner out"):
        paired_folders(tmp_path / "a", tmp_path / "b", size=8)


def test_every_tenth_pair_is_held_out_and_stays_a_pair(tmp_path: Path) -> None:
    for i in range(20):
        save(tmp_path / "a" / f"{i:02}.png", 8, 8, i)
        save(tmp_path / "b" / f"{i:02}.png", 8, 8, 100 + i)
    train, test = (paired_folders(tmp_path / "a", tmp_path / "b", size=8, split=split) for split in ("train", "test"))  # type: ignore[arg-type]
    assert (len(train.a), len(test.a)) == (18, 2)
    assert (test.b.images - test.a.images)[:, 0].unique().tolist() == [100]


# -- the download ------------------------------------------------------------------------------------------------------


def archive(path: Path, names: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = save(path.parent / "picture.png", 8, 8)
    with zipfile.ZipFile(path, "w") as members:
        for name in names:
            members.write(picture, name)


def test_horse2zebra_is_checked_unpacked_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DATA", str(tmp_path))
    file = tmp_path / "horse2zebra" / "horse2zebra.zip"
    archive(file, [f"horse2zebra/{part}/{i}.png" for part in ("trainA", "trainB", "testA", "testB") for i in range(2)])
    with pytest.raises(LabError, match="checksum"):
        load_domains("horse2zebra", "train", CPU, size=16)
    monkeypatch.setitem(downloads.MD5["horse2zebra"], "horse2zebra.zip", hashlib.sha256(file.read_bytes()).hexdigest())
    domains = load_domains("horse2zebra", "train", CPU, size=16)
    assert (len(domains.a), len(domains.b), domains.names) == (2, 2, ("horse", "zebra"))


def test_an_archive_that_points_outside_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad.zip"
    archive(file, ["../outside.png"])
    with pytest.raises(LabError, match="points outside"):
        downloads.unpacked(file)
    assert not (tmp_path.parent / "outside.png").exists()


@pytest.mark.parametrize("kind", ["pairs", "folders"])
def test_domains_of_other_depths_have_a_span_each(tmp_path: Path, kind: str) -> None:
    for name, value in (("photos", np.full((8, 8), 2048, np.uint16)), ("depths", np.full((8, 8), 0.5, np.float32))):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.fromarray(value).save(tmp_path / name / f"{i}.tif")
    data = f"{kind}:{tmp_path}/photos,{tmp_path}/depths"
    record = domains_record(data, "white", None)
    assert (record["values"], record["values_b"]) == ([0, 4095], [0, 1])
    load = own_pairs if kind == "pairs" else unpaired_folders
    for remembered in (None, record):
        domains = load(Request(data, "train", size=8, remembered=remembered))
        assert [domains.a.images.unique().tolist(), domains.b.images.unique().tolist()] == [[128], [128]]
    before = {key: value for key, value in record.items() if key != "values_b"}  # A run of one span for both keeps it.
    assert load(Request(data, "train", size=8, remembered=before)).b.images.unique().tolist() == [0]
