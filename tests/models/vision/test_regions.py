"""Detectors of two steps: RoI pooling against a plain loop, box codes, samples of regions, windows; and selective search."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from lab.data.selective_search import selective_search
from models.vision.regions import CropNet, RegionNet, clipped, decoded, encoded, proposals, region_losses, rpn_losses, sampled, windows
from models.vision.roi import roi_align, roi_pool


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_boxes(count: int) -> torch.Tensor:
    corner = torch.rand(count, 2, generator=rng()) * torch.tensor([40.0, 30.0])
    return torch.cat([corner, corner + 1 + torch.rand(count, 2, generator=rng(1)) * 30], 1)


def test_roi_pooling_equals_pytorchs_adaptive_pooling_of_each_region() -> None:
    maps = torch.rand(3, 5, 10, 13, generator=rng(2))
    boxes, picture = random_boxes(60), torch.arange(60) % 3
    pooled = roi_pool(maps, boxes, picture, 3, 4)
    for answer, box, i in zip(pooled, boxes, picture, strict=True):
        x0, y0 = (int(v) for v in (box[:2] / 4).floor())
        x1, y1 = (int(v) for v in (box[2:] / 4).ceil())
        part = maps[i, :, min(y0, 9) : max(min(y0, 9) + 1, min(y1, 10)), min(x0, 12) : max(min(x0, 12) + 1, min(x1, 13))]
        assert torch.equal(answer, F.adaptive_max_pool2d(part, 3))


def test_roi_poolings_gradient_goes_to_the_maxima() -> None:
    maps = torch.tensor([[[[1.0, 4.0], [2.0, 3.0]]]], requires_grad=True)
    roi_pool(maps, torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([0]), 1, 1).sum().backward()
    assert maps.grad is not None
    assert maps.grad.tolist() == [[[[0.0, 1.0], [0.0, 0.0]]]]


def test_a_region_sampled_at_exact_places_of_a_slope_has_the_slopes_values() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    slope = (10 * (y + 0.5) + (x + 0.5))[None, None]  # The value at a place (x, y) in cells.
    box = torch.tensor([[4.0, 8.0, 20.0, 24.0]])  # Cells of 4 pixels: x from 1 to 5, y from 2 to 6.
    assert torch.allclose(roi_align(slope, box, torch.tensor([0]), 2, 4)[0, 0], torch.tensor([[32.0, 34.0], [52.0, 54.0]]))
    even = torch.full((2, 3, 8, 8), 7.0)
    assert torch.allclose(roi_align(even, random_boxes(5), torch.tensor([0, 1, 0, 1, 0]), 3, 4), torch.tensor(7.0))


def test_codes_of_boxes_are_shifts_in_sides_and_logarithms() -> None:
    anchors, boxes = torch.tensor([[0.0, 0.0, 10.0, 20.0]]), torch.tensor([[5.0, 0.0, 25.0, 20.0]])
    assert encoded(boxes, anchors).tolist() == [[1.0, 0.0, pytest.approx(np.log(2)), 0.0]]
    every = random_boxes(30)
    assert torch.allclose(decoded(encoded(every, every.flip(0)), every.flip(0)), every, atol=1e-3)
    assert clipped(torch.tensor([[-5.0, 2.0, 50.0, 9.0], [60.0, 0.0, 70.0, 5.0]]), 8, 40).tolist() == [[0, 2, 40, 8], [39, 0, 40, 5]]


def test_a_quarter_of_the_sampled_regions_lie_on_things() -> None:
    thing = torch.tensor([[10.0, 10.0, 20.0, 20.0]])
    on, off = thing.expand(10, 4) + torch.rand(10, 1, generator=rng()), torch.tensor([[30.0, 30.0, 40.0, 40.0]]).expand(20, 4)
    regions, of = sampled(torch.cat([on, off]), thing, 16, rng())
    assert (of == 0).sum() == 4
    assert (of == -1).sum() == 12
    assert (regions[of == 0][:, 0] < 20).all()
    assert (sampled(off, thing[:0], 8, rng())[1] == -1).all()


def test_windows_cover_the_picture_in_the_anchors_shapes() -> None:
    made = windows(torch.tensor([[6.0, 3.0]]), 12, 12)
    assert ((made[:, 2:] - made[:, :2]) == torch.tensor([6.0, 3.0])).all()
    assert len(made) == 4 * 5  # Steps of two pixels, a third of 6 and the least of 3's third: x from 0 to 6, y from 0 to 8.


def test_proposals_are_the_boxes_that_the_scores_name_without_their_doubles() -> None:
    net = RegionNet(2, anchors=1, features=2)
    net.initialise(rng())
    maps = torch.zeros(1, 8, 4, 4)
    scores = torch.zeros(1, 16, 2)
    scores[0, :, 0] = 9.0
    scores[0, 5] = torch.tensor([0.0, 9.0])  # The cell in the second row and column, and its neighbour nearly the same.
    scores[0, 6] = torch.tensor([0.0, 8.0])
    deltas = torch.zeros(1, 16, 4)
    deltas[0, 6, 0] = -0.5
    (made,) = proposals(net, maps, scores, deltas, 3, 16, 16)
    assert made.boxes[0].tolist() == [2, 2, 10, 10]
    assert float(made.scores[0]) == pytest.approx(1 / (1 + np.exp(-9)))
    assert float(made.scores[1]) < 0.01


@pytest.mark.parametrize(
    "net", [RegionNet(2, anchors=2, features=2), RegionNet(2, anchors=2, features=2, exact=False), CropNet(2, 2, features=2)]
)
def test_losses_are_finite_with_and_without_things_and_teach_every_weight(net: RegionNet | CropNet) -> None:
    net.initialise(rng())
    outputs = net(torch.rand(2, 3, 32, 32, generator=rng()))
    boxes, classes, picture = torch.tensor([[4.0, 4.0, 14.0, 12.0]]), torch.tensor([1]), torch.tensor([0])  # The second picture is empty.
    regions = [torch.tensor([[4.0, 4.0, 13.0, 12.0], [20.0, 20.0, 30.0, 30.0]])] * 2
    parts = region_losses(net, outputs[0], regions, boxes, classes, picture, rng(), 8)
    if isinstance(net, RegionNet):
        parts |= rpn_losses(net, *outputs, boxes, picture, rng())
    assert all(torch.isfinite(part) for part in parts.values())
    torch.stack(list(parts.values())).sum().backward()
    assert all(weight.grad is not None and torch.isfinite(weight.grad).all() for weight in net.parameters())


def test_selective_search_gives_pieces_of_one_colour_and_what_they_make_together() -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    image[4:8, 4:8], image[8:12, 4:8] = (250, 60, 60), (250, 120, 60)  # A thing of two colours.
    image[10:14, 20:25] = (60, 60, 250)
    boxes = selective_search(image).tolist()
    assert boxes[0] == [0, 0, 30, 20]
    assert [4, 4, 8, 12] in boxes
    assert [20, 10, 25, 14] in boxes
    assert len(boxes) == len({tuple(box) for box in boxes})


def test_support_vector_machines_answer_once_they_are_fitted() -> None:
    net = CropNet(classes=2, features=2, machines=True)
    net.initialise(torch.Generator().manual_seed(0))
    assert net.machines is not None
    features, scores = torch.rand(3, 2 * 4 * 36), torch.tensor([[0.0, 0.0, 0.0]] * 3)
    assert torch.allclose(net.chances(features, scores), torch.full((3, 2), 1 / 3))
    net.machines.bias.copy_(torch.tensor([0.0, 2.0]))
    net.machines.fitted.fill_(True)
    assert torch.allclose(net.chances(features, scores), torch.tensor([[0.5, 0.8808]] * 3), atol=1e-4)  # 1 / (1 + e^-2)
