"""The forms for a GPU, run on a processor, beside PyTorch's own layers: values, gradients and second derivatives."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models import fixed_order


def image(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def with_gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_()
    y = function(x)
    slope = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).view_as(y).to(y)
    return y, torch.autograd.grad(y, x, slope)[0]


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 3, 9, 8), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ((1, 2, 8, 7), {"kernel_size": 3, "stride": 2, "ceil_mode": True}),
        ((1, 2, 5, 5), {"kernel_size": 3, "stride": 1, "padding": 1, "ceil_mode": True}),
        ((1, 2, 2, 2), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ],
)
def test_a_maximum_pool_of_overlapping_windows_adds_the_gradient_of_each(shape: tuple[int, ...], options: dict) -> None:
    layer = fixed_order.MaxPool2d(**options)
    side, stride, padding, ceil = layer.kernel_size, layer.stride, layer.padding, layer.ceil_mode
    x = image(*shape)
    mine = with_gradient(lambda x: fixed_order.max_pool(x, side, stride, padding, ceil), x)  # type: ignore[arg-type]
    for one, other in zip(mine, with_gradient(layer, x), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_maximum_pool_to_a_size_adds_the_gradient_of_each_window(layout: torch.memory_format) -> None:
    x = image(2, 3, 11, 7).to(memory_format=layout)
    mine = with_gradient(lambda x: fixed_order.adaptive_max_pool(x, 6), x)
    for one, other in zip(mine, with_gradient(fixed_order.AdaptiveMaxPool2d(6), x), strict=True):
        torch.testing.assert_close(one, other)


def test_a_gradient_in_bf16_is_added_in_float32() -> None:
    x = image(1, 1, 3, 3)
    x[0, 0, 1, 1] = 9.0  # The maximum of all four windows.
    x = x.bfloat16().requires_grad_()
    y = fixed_order.max_pool(x, 2, 1)
    (gradient,) = torch.autograd.grad(y, x, torch.tensor([[[[256.0, 1.0], [1.0, 1.0]]]], dtype=torch.bfloat16))
    assert float(gradient[0, 0, 1, 1]) == 260  # 259 to the nearest bfloat16; one after the other the ones would be lost.


@pytest.mark.parametrize(("factor", "shape"), [(2, (2, 3, 4, 5)), (8, (1, 2, 3, 2)), (2, (1, 1, 1, 1))])
def test_bilinear_resizing_by_products_is_pytorchs(factor: int, shape: tuple[int, ...]) -> None:
    x = image(*shape)
    mine = with_gradient(lambda x: fixed_order.by_products(x, factor), x)
    plain = with_gradient(lambda x: F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False), x)
    for one, other in zip(mine, plain, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("shape", [(2, 3, 7, 9), (1, 2, 3, 2)])
def test_averages_of_uneven_parts_by_products_are_pytorchs(shape: tuple[int, ...]) -> None:
    x = image(*shape)
    mine = with_gradient(lambda x: fixed_order.averages_by_products(x, 4), x)
    for one, other in zip(mine, with_gradient(fixed_order.AdaptiveAvgPool2d(4), x), strict=True):
        torch.testing.assert_close(one, other)


def test_totals_of_groups_are_the_sums_of_their_members() -> None:
    points, groups = torch.tensor([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]), torch.tensor([2, 0, 2])
    for function in (fixed_order.totals, fixed_order.totals_by_products):
        uses, sums = function(points, groups, 4)
        assert uses.tolist() == [1, 0, 2, 0]
        assert sums.tolist() == [[10, 20], [0, 0], [101, 202], [0, 0]]


def test_rows_of_numbers_by_products_are_an_embedding() -> None:
    numbers = torch.tensor([[2, 0, 2], [1, 1, 2]])
    mine = with_gradient(lambda weight: fixed_order.rows_by_products(numbers, weight), image(3, 4))
    for one, other in zip(mine, with_gradient(lambda weight: F.embedding(numbers, weight), image(3, 4)), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.gpu
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_on_a_gpu_are_the_same_each_time(layout: torch.memory_format, monkeypatch: pytest.MonkeyPatch) -> None:
    x = image(8, 32, 43, 43).float().cuda().to(memory_format=layout)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    for function in (
        fixed_order.MaxPool2d(3, 2, 1),
        fixed_order.AdaptiveMaxPool2d(6),
        fixed_order.AdaptiveAvgPool2d(6),
        lambda x: fixed_order.bilinear(x, 2),
    ):
        first, again = (with_gradient(function, x)[1] for _ in range(2))
        assert torch.equal(first, again)
        torch.testing.assert_close(first.cpu(), with_gradient(function, x.cpu())[1], rtol=1e-4, atol=1e-4)
