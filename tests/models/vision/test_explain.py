"""CAM, Grad-CAM, RISE and occlusion against independent computations on small networks."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import models
from models.vision import explain


class Small(nn.Module):
    """Two convolutions, global average pooling and a dense layer: small enough to do by hand."""

    head, maps = "fc", "act"

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 3, padding=1)
        self.conv2 = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU()
        self.fc = nn.Linear(4, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.act(self.conv2(self.conv1(images).tanh())).mean((2, 3)))


class Dense(nn.Module):
    """The same maps, but a dense layer on all of them: CAM does not apply, Grad-CAM does."""

    head, maps = "fc", "act"

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.act = nn.ReLU()
        self.fc = nn.Linear(2 * 36, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.act(self.conv(images)).flatten(1).square())


@pytest.fixture
def net() -> Small:
    torch.manual_seed(0)
    return Small().requires_grad_(False)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(1))


def test_cam_is_the_heads_row_over_the_maps_and_its_mean_is_the_score(net: Small, images: Tensor) -> None:
    maps = net.act(net.conv2(net.conv1(images).tanh())).numpy()
    heat = explain.cam(net, images, torch.tensor([2, 0]), "act", "fc")
    for b, label in enumerate((2, 0)):
        by_hand = sum(float(net.fc.weight[label, k]) * maps[b, k] for k in range(4))
        np.testing.assert_allclose(heat[b].numpy(), by_hand, rtol=1e-5, atol=1e-6)
        score = float(net(images)[b, label])
        assert float(heat[b].mean() + net.fc.bias[label]) == pytest.approx(score, abs=1e-5)


def test_grad_cam_equals_cam_up_to_the_number_of_places_where_pooling_is_global(net: Small, images: Tensor) -> None:
    labels = torch.tensor([1, 2])
    cam = explain.cam(net, images, labels, "act", "fc").relu()
    torch.testing.assert_close(explain.grad_cam(net, images, labels, "act") * 36, cam, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "mobilenet_v2", "densenet121", "nin"])
def test_the_same_on_the_networks_that_end_in_global_average_pooling(name: str) -> None:
    torch.manual_seed(0)
    net = models.build(name, classes=4, channels=1, size=16).eval()
    image, label = torch.rand(1, 1, 16, 16), torch.tensor([2])
    cam = explain.cam(net, image, label, net.maps, net.head).relu()
    grad = explain.grad_cam(net, image, label, net.maps)
    torch.testing.assert_close(grad * grad.numel(), cam, rtol=1e-3, atol=1e-5)


def test_grad_cam_equals_finite_differences(images: Tensor) -> None:
    torch.manual_seed(3)
    net = Dense().double().requires_grad_(False)
    image = images[:1].double()
    maps = net.act(net.conv(image))

    def score(a: Tensor) -> float:
        return float(net.fc(a.flatten(1).square())[0, 1])

    alpha = torch.zeros(2, dtype=torch.double)
    for k in range(2):
        slopes = []
        for i in range(6):
            for j in range(6):
                up, down = maps.clone(), maps.clone()
                up[0, k, i, j] += 1e-5
                down[0, k, i, j] -= 1e-5
                slopes.append((score(up) - score(down)) / 2e-5)
        alpha[k] = float(np.mean(slopes))
    by_hand = (alpha[:, None, None] * maps[0]).sum(0).relu()
    heat = explain.grad_cam(net, image, torch.tensor([1]), "act")[0]
    torch.testing.assert_close(heat, by_hand, rtol=1e-5, atol=1e-8)


def test_cam_refuses_a_network_without_global_average_pooling(images: Tensor) -> None:
    with pytest.raises(ValueError, match="global average"):
        explain.cam(Dense(), images, torch.tensor([0, 1]), "act", "fc")


def test_nothing_of_the_network_changes(net: Small, images: Tensor) -> None:
    net.train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    explain.grad_cam(net, images, torch.tensor([0, 0]), "act")
    explain.rise(net, images[:1], 0, explain.rise_masks(4, 6, 6, torch.Generator()))
    assert net.training
    assert not net.act._forward_hooks
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_rise_is_the_mean_of_masks_weighted_by_the_probability(net: Small, images: Tensor) -> None:
    masks = explain.rise_masks(30, 6, 6, torch.Generator().manual_seed(5), cells=3)
    heat = explain.rise(net, images[:1], 1, masks, batch=7)
    by_hand = np.zeros((6, 6))
    for mask in masks:
        scores = net(images[:1] * mask)[0].numpy().astype(np.float64)
        by_hand += np.exp(scores[1]) / np.exp(scores).sum() * mask.numpy()
    np.testing.assert_allclose(heat.numpy(), by_hand / (30 * 0.5), rtol=1e-4)


def test_rise_masks_are_grids_enlarged_and_shifted() -> None:
    masks = explain.rise_masks(400, 14, 10, torch.Generator().manual_seed(0), cells=4, p=0.3)
    assert masks.shape == (400, 14, 10)
    assert float(masks.min()) >= 0
    assert float(masks.max()) <= 1
    # Independent grids of 0 and 1 with mean 0.3: each pixel's mean over the masks is near 0.3.
    assert float(masks.mean()) == pytest.approx(0.3, abs=0.02)
    assert float((masks.mean(0) - 0.3).abs().max()) < 0.12
    again = explain.rise_masks(400, 14, 10, torch.Generator().manual_seed(0), cells=4, p=0.3)
    assert torch.equal(masks, again)


class Corner(nn.Module):
    """The score of class 1 is the brightness of the upper left corner: where it looks is known."""

    def forward(self, images: Tensor) -> Tensor:
        corner = images[:, :, :4, :4].mean((1, 2, 3))
        return torch.stack([torch.zeros_like(corner), 4 * corner], 1)


def test_rise_and_occlusion_find_the_corner_that_decides() -> None:
    image = torch.ones(1, 1, 16, 16)
    masks = explain.rise_masks(600, 16, 16, torch.Generator().manual_seed(0), cells=4)
    heat = explain.rise(Corner(), image, 1, masks)
    assert float(heat[:4, :4].mean()) > float(heat[8:, 8:].mean()) + 0.05
    covered = explain.occlusion(Corner(), image, 1, patch=4, stride=4)
    assert float(covered[:4, :4].min()) > 0.1
    assert float(covered[8:, 8:].abs().max()) < 1e-6


def test_occlusion_of_one_patch_is_the_fall_of_the_probability() -> None:
    image = torch.ones(1, 1, 8, 8)
    covered = explain.occlusion(Corner(), image, 1, patch=4, stride=4)
    whole, without = 1 / (1 + math.exp(-4)), 0.5
    torch.testing.assert_close(covered[:4, :4], torch.full((4, 4), whole - without))


def test_augmented_grad_cam_is_sharper_than_the_grid_and_bright_where_grad_cam_is() -> None:
    class Blob(nn.Module):
        """Maps at a quarter of the resolution; class 1 is brightness."""

        def __init__(self) -> None:
            super().__init__()
            self.pool = nn.AvgPool2d(4)

        def forward(self, images: Tensor) -> Tensor:
            mean = self.pool(images).square().mean((1, 2, 3))
            return torch.stack([-mean, mean], 1)

    image = torch.zeros(1, 1, 24, 24)
    image[:, :, 9:14, 13:18] = 1
    heat = explain.augmented_grad_cam(Blob(), image, 1, "pool", torch.Generator().manual_seed(0), copies=48, steps=150)
    assert heat.shape == (24, 24)
    inside = float(heat[9:14, 13:18].mean())
    assert inside > 4 * float(heat.mean())
    coarse = explain.grad_cam(Blob(), image, torch.tensor([1]), "pool")
    enlarged = nn.functional.interpolate(coarse[None], (24, 24), mode="bilinear")[0, 0]
    share = [float(h[9:14, 13:18].sum() / h.sum()) for h in (heat, enlarged)]
    assert share[0] > share[1]


def test_integrated_gradients_sum_to_the_difference_of_the_scores() -> None:
    torch.manual_seed(0)
    net, image, black = Small(), torch.rand(1, 1, 6, 6), torch.zeros(1, 1, 6, 6)
    shares, delta = explain.integrated_gradients(net, image, 1, black, steps=200, batch=64)
    with torch.no_grad():
        rise = float(net(image)[0, 1] - net(black)[0, 1])
    assert shares.shape == (1, 6, 6)
    assert abs(delta) < 0.01 * abs(rise)
    assert float(shares.sum()) == pytest.approx(rise, rel=0.01)
    assert abs(explain.integrated_gradients(net, image, 1, black, steps=1)[1]) > abs(delta)


def test_integrated_gradients_of_a_linear_network_are_weight_times_input() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    shares, delta = explain.integrated_gradients(net, image, 0, torch.zeros_like(image), steps=1)
    layer = net[1]
    assert torch.allclose(shares.flatten(), layer.weight[0] * image.flatten())
    assert delta == pytest.approx(0, abs=1e-5)


def test_deletion_and_insertion_are_means_of_probabilities_by_hand() -> None:
    class Counts(nn.Module):
        """The odds of class 1 are 1 + 2 x the first pixel + 4 x the second."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            odds = 1 + 2 * x[:, 0, 0, 0] + 4 * x[:, 0, 0, 1]
            return torch.stack([torch.zeros_like(odds), odds.log()], 1)

    image = torch.ones(1, 1, 1, 2)
    p = {0: 1 / 2, 1: 3 / 4, 2: 5 / 6, 3: 7 / 8}  # By which pixels are there, as bits.
    right = explain.deletion_and_insertion(Counts(), image, 1, torch.tensor([[0.0, 1.0]]), 0.0, steps=2)
    assert right == (pytest.approx((p[3] / 2 + p[1] + p[0] / 2) / 2), pytest.approx((p[0] / 2 + p[2] + p[3] / 2) / 2))
    wrong = explain.deletion_and_insertion(Counts(), image, 1, torch.tensor([[1.0, 0.0]]), 0.0, steps=2)
    assert wrong[0] > right[0]
    assert wrong[1] < right[1]
