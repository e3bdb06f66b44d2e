"""Augmentation moves pixels as it says, each image in a way of its own, and draws from its own generator."""

import pytest
import torch

from models.vision.augment import augment


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (64, 3, 16, 16), dtype=torch.uint8, generator=rng(1))


def test_nothing_asked_for_changes_nothing(images: torch.Tensor) -> None:
    assert torch.equal(augment(images, rng()), images.float())


def test_flip_mirrors_about_half(images: torch.Tensor) -> None:
    changed = augment(images, rng(), flip=True)
    same = [torch.allclose(a, b.float(), atol=1e-2) for a, b in zip(changed, images, strict=True)]
    mirrored = [torch.allclose(a, b.float().flip(-1), atol=1e-2) for a, b in zip(changed, images, strict=True)]
    assert all(a != b for a, b in zip(same, mirrored, strict=True))
    assert 16 < sum(mirrored) < 48


def test_shift_moves_a_dot_by_at_most_its_share() -> None:
    dot = torch.zeros(200, 1, 20, 20, dtype=torch.uint8)
    dot[:, :, 10, 10] = 255
    changed = augment(dot, rng(), shift=0.2)[:, 0]
    weight = changed.sum((1, 2))
    places = torch.arange(20.0)
    rows = (changed.sum(2) * places).sum(1) / weight
    columns = (changed.sum(1) * places).sum(1) / weight
    assert float((rows - 10).abs().max()) <= 4.01
    assert float((rows - 10).abs().max()) > 3
    assert float(torch.corrcoef(torch.stack([rows, columns]))[0, 1].abs()) < 0.2  # The two directions are independent.


def test_a_turn_keeps_the_middle_and_a_scale_changes_the_area() -> None:
    square = torch.zeros(100, 1, 32, 32, dtype=torch.uint8)
    square[:, :, 11:21, 11:21] = 200
    turned = augment(square, rng(), rotate=90)
    assert float(turned[:, :, 15:17, 15:17].min()) == pytest.approx(200, abs=0.1)
    assert torch.allclose(turned.sum((1, 2, 3)), square.float().sum((1, 2, 3)), rtol=0.02)
    areas = augment(square, rng(), scale=0.3).sum((1, 2, 3)) / square[0].float().sum()
    assert 0.45 < float(areas.min()) < 0.65  # (1 - 0.3)^2 = 0.49
    assert 1.5 < float(areas.max()) < 1.75  # (1 + 0.3)^2 = 1.69


def test_a_warp_moves_parts_apart_by_at_most_its_share() -> None:
    dots = torch.zeros(200, 1, 40, 40, dtype=torch.uint8)
    for row, column in ((10, 10), (10, 30), (30, 20)):
        dots[:, :, row - 1 : row + 2, column - 1 : column + 2] = 200
    bent = augment(dots, rng(), warp=0.06)[:, 0]
    places = torch.arange(40.0)
    centres = []
    for rows, columns in ((slice(0, 20), slice(0, 20)), (slice(0, 20), slice(20, 40)), (slice(20, 40), slice(0, 40))):
        part = bent[:, rows, columns]
        mass = part.sum((1, 2))
        centres.append(torch.stack([(part.sum(2) * places[rows]).sum(1) / mass, (part.sum(1) * places[columns]).sum(1) / mass], 1))
    moved = torch.stack(centres, 1) - torch.tensor([[10.0, 10.0], [10.0, 30.0], [30.0, 20.0]])  # (N, 3, 2)
    assert 1 < float(moved.abs().max()) <= 0.06 * 40 * 1.5  # Between its places a bicubic field may swing a little further.
    assert float(torch.corrcoef(moved[:, :2, 1].T)[0, 1].abs()) < 0.3  # Two parts go ways of their own.


def test_erase_blanks_a_square_of_at_most_its_share() -> None:
    white = torch.full((100, 1, 20, 20), 255, dtype=torch.uint8)
    blank = (augment(white, rng(), erase=0.5) == 0)[:, 0]
    assert int(blank.sum((1, 2)).max()) <= 11 * 11
    for image in blank:
        rows, columns = image.any(1), image.any(0)
        assert int(image.sum()) == int(rows.sum()) * int(columns.sum())  # One full rectangle.


def test_colour_changes_every_pixel_of_an_image_alike() -> None:
    plain = torch.full((50, 3, 4, 4), 100, dtype=torch.uint8)
    changed = augment(plain, rng(), colour=0.2)
    assert torch.allclose(changed, changed[:, :, :1, :1].expand_as(changed))
    assert float((changed - 100).abs().max()) <= 60.1
    assert float(changed[:, 0, 0, 0].std()) > 5


def test_the_same_generator_gives_the_same_images_and_the_global_one_rests(images: torch.Tensor) -> None:
    before = torch.random.get_rng_state()
    options = {"shift": 0.1, "rotate": 20.0, "scale": 0.1, "warp": 0.05, "erase": 0.3, "colour": 0.1}
    assert torch.equal(augment(images, rng(3), **options), augment(images, rng(3), **options))
    assert torch.equal(before, torch.random.get_rng_state())
