"""Every kernel is the same function as its plain PyTorch twin: values and gradients, over shapes and dtypes; it leaves its inputs alone."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import models.kernels
from lab.cores import threads
from models.kernels import (
    attention,
    conv4x4,
    dense,
    dense_elbo,
    instance_norm,
    layer_norm_trunk,
    nature_trunk,
    pixel_blocks,
    reflected_conv,
    windows,
)

Shape = tuple[int, ...]
TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4, torch.bfloat16: 0.02}
"""Relative error (in the 2-norm). bf16 keeps 8 bits; the double-precision paths pass through float32 in places."""


@dataclass(frozen=True)
class Case:
    """`fast(*tensors)` and `plain(*tensors)` on tensors of these shapes, images channels_last."""

    name: str
    fast: Callable[..., Tensor]
    plain: Callable[..., Tensor]
    shapes: tuple[Shape, ...]
    dtypes: tuple[torch.dtype, ...] = (torch.float64, torch.float32, torch.bfloat16)
    fixed: tuple[torch.dtype | None, ...] = ()
    """For each tensor the dtype that it has in every test; None, or nothing, for that of the test."""
    twice: bool = True
    """Whether it is differentiable twice."""

    def tensors(self, dtype: torch.dtype) -> list[Tensor]:
        generator = torch.Generator().manual_seed(0)
        drawn = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in self.shapes]
        fixed = (*self.fixed, *[None] * len(drawn))
        cast = [x.to(own or dtype) for x, own in zip(drawn, fixed, strict=False)]
        return [(x.to(memory_format=torch.channels_last) if n == 0 and x.dim() == 4 else x) for n, x in enumerate(cast)]


def halving(large: int, small: int, size: int) -> Case:
    shapes = ((2, large, size, size), (small, large, 4, 4))
    return Case(f"halving {shapes}", lambda x, w: conv4x4.Conv4x4.apply(x, w, False), conv4x4.plain_conv4x4, shapes)


def doubling(large: int, small: int, size: int) -> Case:
    shapes = ((2, small, size // 2, size // 2), (small, large, 4, 4))
    return Case(f"doubling {shapes}", lambda x, w: conv4x4.Conv4x4.apply(x, w, True), conv4x4.plain_conv_transpose4x4, shapes)


def unet(size: int, maps: int, transposed: bool) -> Case:
    shapes = ((2, 20, size, size), (20, maps, 4, 4) if transposed else (maps, 20, 4, 4), (maps,))
    if transposed:
        return Case(f"U-Net up {shapes}", conv4x4.small_conv_transpose4x4, conv4x4.plain_conv_transpose4x4, shapes)
    return Case(f"U-Net down {shapes}", conv4x4.small_conv4x4, conv4x4.plain_conv4x4, shapes)


def norm(size: int, slope: float, styled: bool, channels: int = 3) -> Case:
    shapes = ((2, channels, size, size), *(((2, channels),) * 2 if styled else ()))

    def call(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda x, gain=None, shift=None: function(x, gain, shift, slope)

    return Case(
        f"instance norm {shapes} slope {slope}", call(instance_norm.instance_norm), call(instance_norm.plain_instance_norm), shapes,
        dtypes=(torch.float32, torch.bfloat16), fixed=(None, torch.float32, torch.float32),
    )  # fmt: skip


def attending(t: int, causal: bool) -> Case:
    def call(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda q, k, v: function(q, k, v, None, causal)

    return Case(f"attention {t} {causal}", call(attention.attention), call(attention.plain_attention), ((2, 3, t, 8),) * 3)


def trunk(batch: int) -> Case:
    pixels = torch.randint(0, 256, (batch, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))

    def call(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda *weights: function(pixel_blocks.space_to_depth(pixels).to(weights[0].dtype), *weights)

    shapes = ((32, 64, 2, 2), (32,), (64, 32, 4, 4), (64,), (64, 64, 3, 3), (64,))
    return Case(
        f"trunk {batch}",
        call(nature_trunk.nature_trunk),
        call(nature_trunk.plain_nature_trunk),
        shapes,
        (torch.float64, torch.float32),
        twice=False,
    )


LARGE_SMALL_SIZE = [(3, 5, 16), (1, 6, 8), (20, 7, 8), (20, 3, 4), (18, 40, 12)]
CASES = [
    *(halving(*shape) for shape in LARGE_SMALL_SIZE),
    *(doubling(*shape) for shape in LARGE_SMALL_SIZE),
    *(unet(size, 12, False) for size in (2, 4, 8, 32)),
    *(unet(size, maps, True) for size, maps in ((1, 12), (2, 12), (4, 12), (16, 3))),
    Case("pixel to image", conv4x4.pixel_to_image, conv4x4.plain_pixel_to_image, ((2, 5, 1, 1), (5, 3, 4, 4))),
    Case("image to pixel", conv4x4.image_to_pixel, conv4x4.plain_image_to_pixel, ((2, 5, 4, 4), (2, 5, 4, 4))),
    *(
        Case(f"one map {x}", conv4x4.conv4x4_to_one_map, conv4x4.plain_conv4x4_to_one_map, (x, (1, x[1], 4, 4), (1,)))
        for x in ((2, 5, 7, 6), (1, 3, 4, 4), (3, 8, 2, 2))
    ),
    *(
        Case(f"reflected 3x3 {side}", reflected_conv.reflected_conv3x3, reflected_conv.plain_reflected_conv, ((1, 8, side, side), (8, 8, 3, 3)))
        for side in (8, 32)
    ),
    *(
        Case(f"reflected 7x7 {i} {o} {h}", reflected_conv.reflected_conv_on_blocks, reflected_conv.plain_reflected_conv,
             ((2, i, h, 12), (o, i, 7, 7), (o,)))
        for i, o, h in ((3, 8, 8), (8, 3, 8), (3, 8, 9))  # 9 pixels make no blocks.
    ),
    Case("mirrored for a GPU", lambda x: reflected_conv.mirrored(x, 2), lambda x: torch.nn.functional.pad(x, (2,) * 4, mode="reflect"), ((2, 5, 6, 3),)),
    Case("transposed linear", dense.transposed_linear, dense.plain_transposed_linear, ((5, 7), (4, 7), (4,))),
    Case("noisy linear", dense.noisy_linear, dense.plain_noisy_linear, ((5, 7), (4, 7), (4,), (4, 7), (4,), (7,), (4,))),
    *(trunk(batch) for batch in (1, 3)),
    Case("blocks", windows.to_blocks, windows.plain_to_blocks, ((2, 3, 6, 4),)),
    # Small images are normalised together, those of `LARGE` elements one by one.
    *(norm(size, slope, styled) for size in (8, 80) for slope in (0.0, 0.2, 1.0) for styled in (False, True)),
    norm(6, 1.0, False, channels=48), norm(4, 1.0, False, channels=1),
    *(attending(t, causal) for t in (1, 10) for causal in (False, True)),
]  # fmt: skip
PAIRS = [pytest.param(case, dtype, id=f"{case.name} {str(dtype)[6:]}") for case in CASES for dtype in case.dtypes]


def assert_near(mine: Tensor, theirs: Tensor, dtype: torch.dtype) -> None:
    error = (mine.detach().double() - theirs.detach().double()).norm()
    assert float(error) <= TOLERANCE[dtype] * float(theirs.detach().double().norm()) + 1e-6


def upstream(y: Tensor) -> Tensor:
    return torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(y.dtype)


@pytest.mark.parametrize(("case", "dtype"), PAIRS)
def test_values_and_gradients_are_the_plain_twins(case: Case, dtype: torch.dtype) -> None:
    mine = [x.requires_grad_() for x in case.tensors(dtype)]
    exact = [x.detach().float() if dtype == torch.bfloat16 else x.detach().clone() for x in mine]
    exact = [x.contiguous().requires_grad_() for x in exact]
    y, expected = case.fast(*mine), case.plain(*exact)
    assert y.dtype == dtype
    assert_near(y, expected, dtype)
    g = upstream(y)
    for got, wanted in zip(torch.autograd.grad(y, mine, g), torch.autograd.grad(expected, exact, g.to(expected.dtype)), strict=True):
        assert_near(got, wanted, dtype)


@pytest.mark.parametrize(("case", "dtype"), PAIRS)
def test_a_second_backward_finds_everything_as_it_was(case: Case, dtype: torch.dtype) -> None:
    inputs = [x.requires_grad_() for x in case.tensors(dtype)]
    y = case.fast(*inputs)
    g = upstream(y).to(memory_format=torch.channels_last) if y.dim() == 4 else upstream(y)
    before = [x.detach().clone() for x in (y, g, *inputs)]
    first = [grad.clone() for grad in torch.autograd.grad(y, inputs, g, retain_graph=True)]
    again = torch.autograd.grad(y, inputs, g, retain_graph=True)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(torch.equal(a, b) for a, b in zip((y, g, *inputs), before, strict=True))


@pytest.mark.parametrize("case", [case for case in CASES if case.twice], ids=lambda case: case.name)
def test_second_derivatives_are_the_plain_twins(case: Case) -> None:
    """A gradient penalty differentiates the gradient."""
    dtype = case.dtypes[0]

    def penalty(function: Callable[..., Tensor]) -> tuple[Tensor, ...]:
        inputs = [x.requires_grad_() for x in case.tensors(dtype)]
        y = function(*inputs)
        (slope,) = torch.autograd.grad(y, inputs[0], upstream(y) * y, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), inputs, materialize_grads=True, allow_unused=True)

    for got, wanted in zip(penalty(case.fast), penalty(case.plain), strict=True):
        assert_near(got, wanted, torch.float32)


def kernel_functions() -> list[type]:
    """Every torch.autograd.Function of the package."""
    modules = [importlib.import_module(f"models.kernels.{m.name}") for m in pkgutil.iter_modules(models.kernels.__path__)]
    members = [kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__]
    return [kind for kind in members if issubclass(kind, torch.autograd.Function)]


def nodes(y: Tensor) -> Iterator[str]:
    """The names of all nodes of the graph behind y."""
    waiting, seen = [y.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            yield node.name()
            waiting += [parent for parent, _ in node.next_functions]


def test_every_kernel_with_a_gradient_of_its_own_is_compared_here() -> None:
    outputs = [case.fast(*(x.requires_grad_() for x in case.tensors(dtype))) for case in CASES for dtype in case.dtypes]
    visited = set(chain.from_iterable(nodes(y) for y in outputs))
    assert {f"{function.__name__}Backward" for function in kernel_functions()} <= visited


SHARED_TWINS = {
    "small_conv4x4": "plain_conv4x4", "small_conv_transpose4x4": "plain_conv_transpose4x4", "reflected_conv3x3": "plain_reflected_conv",
    "reflected_conv_on_blocks": "plain_reflected_conv", "trunk_forward": "plain_nature_trunk", "trunk_backward": "plain_nature_trunk",
    "relu_backward": "plain_nature_trunk", "ElboGradient": "plain_elbo",
    "layer_norm_trunk_forward": "plain_layer_norm_trunk", "layer_norm_trunk_backward": "plain_layer_norm_trunk",
    "normalised": "plain_layer_norm_trunk", "layer_norm_backward": "plain_layer_norm_trunk",
}  # fmt: skip
"""The plain twins of kernels that have none of their own name."""
NO_KERNELS = {"attention_weights", "causal_mask", "FEATURES", "Activations", "SHAPES", "EPS"}
"""What is offered beside kernels: plain PyTorch itself, a number, a record."""
NO_ARITHMETIC = {"flat_layout", "flat_parameters", "cuda_graphs", "host_memory"}
"""Modules that arrange memory and launches."""


def used_kernels() -> Iterator[tuple[str, str]]:
    """Module and name of every kernel that networks and agents import."""
    root = Path(models.__file__).parents[1]
    for path in chain.from_iterable((root / room).rglob("*.py") for room in ("models", "agents", "lab")):
        if path.parent.name == "kernels":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            room, _, module = (getattr(node, "module", None) or "").rpartition(".")
            if isinstance(node, ast.ImportFrom) and room == "models.kernels" and module not in NO_ARITHMETIC:
                yield from ((module, alias.name) for alias in node.names if not alias.name.startswith("plain_"))


def test_every_kernel_has_a_plain_twin_that_it_is_compared_with_here() -> None:
    kernels = {(module, name) for module, name in used_kernels() if name not in NO_KERNELS}
    assert len(kernels) > 15
    here = Path(__file__).read_text()
    for module, name in sorted(kernels):
        twin = SHARED_TWINS.get(name, f"plain_{name}")
        assert hasattr(importlib.import_module(f"models.kernels.{module}"), twin), f"{module}.{name} has no plain twin"
        compared = f"{module}.{twin}" in here or (module == "pixel_blocks" and f'("{name}", ' in here)
        assert compared, f"{module}.{name} is compared with no plain twin"


@pytest.mark.parametrize(("fast", "plain", "shapes"), [
    (conv4x4.conv4x4, conv4x4.plain_conv4x4, ((2, 20, 8, 8), (12, 20, 4, 4))),
    (conv4x4.conv_transpose4x4, conv4x4.plain_conv_transpose4x4, ((2, 12, 8, 8), (12, 1, 4, 4))),
])  # fmt: skip
def test_under_autocast_a_convolution_stays_near_its_fp32_self(
    fast: Callable[..., Tensor], plain: Callable[..., Tensor], shapes: tuple[Shape, ...]
) -> None:
    x, weight = Case("", fast, plain, shapes).tensors(torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        low = fast(x, weight)
    assert low.dtype == torch.bfloat16
    assert_near(low, plain(x, weight), torch.bfloat16)
    assert torch.equal(fast(x, weight), plain(x, weight))


def first_and_second(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """y, its gradient for a fixed slope, and the gradient of that one's square."""
    x = x.detach().requires_grad_()
    y = function(x)
    (first,) = torch.autograd.grad(y, x, torch.cos(torch.arange(y.numel())).view_as(y).to(y), create_graph=True)
    second = torch.autograd.grad(first.square().sum(), x)[0] if first.requires_grad else torch.zeros_like(x)
    return y, first, second


@pytest.mark.parametrize(("reach", "shape"), [(1, (2, 3, 2, 5)), (3, (1, 16, 4, 6)), (3, (2, 8, 9, 12))])
def test_mirrored_pixels_are_those_of_reflection_padding_in_the_layout_of_the_image(reach: int, shape: Shape) -> None:
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).to(memory_format=torch.channels_last)
    mirrored = first_and_second(lambda x: reflected_conv.mirrored(x, reach), x)
    padded = first_and_second(lambda x: torch.nn.functional.pad(x, (reach,) * 4, mode="reflect"), x)
    for mine, theirs in zip(mirrored, padded, strict=True):
        torch.testing.assert_close(mine, theirs)
    assert mirrored[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_instance_norm_of_a_gpu_keeps_the_layout_and_both_derivatives(count: int) -> None:
    x = torch.randn(count, 8, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).to(memory_format=torch.channels_last)
    fast, plain = (
        first_and_second(function, x)
        for function in (instance_norm.normalised_on_gpu, lambda x: torch.nn.functional.instance_norm(x, eps=instance_norm.EPS))
    )
    for mine, theirs in zip(fast, plain, strict=True):
        torch.testing.assert_close(mine, theirs)
    assert fast[0].is_contiguous(memory_format=torch.channels_last)
    low = instance_norm.normalised_on_gpu(x.bfloat16())
    torch.testing.assert_close(low, fast[0].bfloat16(), atol=0.03, rtol=0.02)


@pytest.mark.parametrize(("kernel", "side"), [(reflected_conv.reflected_conv_on_blocks, 7), (reflected_conv.reflected_conv3x3, 3)])
def test_an_image_too_small_to_be_reflected_is_refused_in_words(kernel: Callable[..., Tensor], side: int) -> None:
    bias = (None,) if side == 7 else ()
    with pytest.raises(ValueError, match=r"8x1 pixels .* too small for reflection padding"):
        kernel(torch.zeros(1, 1, 1, 8), torch.zeros(1, 1, side, side), *bias)


def test_blocks_and_back() -> None:
    x = torch.arange(32.0).view(1, 2, 4, 4)
    blocks = windows.to_blocks(x)
    assert blocks[0, :, 0, 1].tolist() == [2, 18, 3, 19, 6, 22, 7, 23]  # Channel (row, column, c) of the block in the upper right.
    assert torch.equal(windows.from_blocks(blocks), x)


def test_the_trunk_in_bf16_is_its_plain_twin_in_bf16() -> None:
    """Not the one in fp32: what rounds to another side of a ReLU moves the gradient by some percent."""
    case = trunk(3)
    weights = [x.requires_grad_() for x in case.tensors(torch.bfloat16)]
    y, expected = case.fast(*weights), case.plain(*weights)
    assert y.dtype == torch.bfloat16
    assert_near(y, expected, torch.bfloat16)
    for got, wanted in zip(torch.autograd.grad(y, weights, upstream(y)), torch.autograd.grad(expected, weights, upstream(y)), strict=True):
        assert_near(got, wanted, torch.bfloat16)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_normalised_trunk_and_its_gradient_are_its_plain_twin(dtype: torch.dtype) -> None:
    """In the same dtype, for the same reason."""
    convolutions = ((32, 64, 2, 2), (32,), (64, 32, 4, 4), (64,), (64, 64, 3, 3), (64,))
    norms = tuple(shape for shape in layer_norm_trunk.SHAPES for _ in range(2))
    case = Case("", layer_norm_trunk.plain_layer_norm_trunk, layer_norm_trunk.plain_layer_norm_trunk, (*convolutions, *norms))
    drawn = [x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in case.tensors(dtype)]
    weights, scales = [x.requires_grad_() for x in drawn[:6]], [x.requires_grad_() for x in drawn[6:]]
    blocks = torch.randint(0, 256, (3, 64, 21, 21), generator=torch.Generator().manual_seed(0)).to(dtype, memory_format=torch.channels_last)
    expected = layer_norm_trunk.plain_layer_norm_trunk(blocks, weights, scales)
    wanted = torch.autograd.grad(expected, [*weights, *scales], upstream(expected))
    into = [torch.empty_like(x) for x in drawn]
    with torch.no_grad():
        seen = layer_norm_trunk.layer_norm_trunk_forward(blocks, weights, scales)
        layer_norm_trunk.layer_norm_trunk_backward(upstream(expected), seen, weights[4], scales, into[:6], into[6:])
    assert_near(seen.features, expected, dtype)
    for got, exact in zip(into, wanted, strict=True):
        assert_near(got, exact, dtype)


# -- blocks of pixels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("space_to_depth", (3, 4, 84, 84)), ("depth_to_space", (3, 64, 21, 21)), ("frame_blocks", (8, 84, 84)),
        ("frame_pixels", (8, 7056)), ("stack_blocks", (8, 7056)),
    ],
)  # fmt: skip
def test_packing_pixels_equals_its_plain_twin(name: str, shape: Shape) -> None:
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(getattr(pixel_blocks, name)(x), getattr(pixel_blocks, f"plain_{name}")(x))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (1, 8, 20, 20)])
def test_relu_into_blocks_and_its_gradient_equal_their_plain_twins(shape: Shape, dtype: torch.dtype) -> None:
    (x,) = Case("", pixel_blocks.relu_to_blocks, pixel_blocks.plain_relu_to_blocks, (shape,)).tensors(dtype)
    y = pixel_blocks.relu_to_blocks(x)
    assert torch.equal(y, pixel_blocks.plain_relu_to_blocks(x))
    gradient = upstream(y).to(memory_format=torch.channels_last)
    grad_x = pixel_blocks.relu_to_blocks_backward(gradient, y)
    assert torch.equal(grad_x, pixel_blocks.plain_relu_to_blocks_backward(gradient, y))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_dense_layers_written_gradient_equals_its_plain_twin(dtype: torch.dtype) -> None:
    x, weight, gradient = Case("", F.linear, F.linear, ((5, 7), (4, 7), (5, 4))).tensors(dtype)

    def gradients(backward: Callable[..., Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        into = torch.full_like(weight, torch.nan), torch.full_like(weight[:, 0], torch.nan)
        with torch.no_grad():
            return backward(gradient, x, weight, *into), *into

    fast, plain = gradients(dense.transposed_linear_backward), gradients(dense.plain_transposed_linear_backward)
    for got, wanted in zip(fast, plain, strict=True):
        assert_near(got, wanted, dtype)


# -- the dense VAE's bound ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [(7,), (9, 6, 5)])
@pytest.mark.parametrize(("classes", "batch"), [(0, 8), (3, 8), (0, 100)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_bounds_gradient_is_autograds(hidden: Shape, classes: int, batch: int, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    pixels, latent = 16, 3
    encoder = [nn.Linear(i, o) for i, o in pairwise((pixels + classes, *hidden))]
    decoder = [nn.Linear(i, o) for i, o in pairwise((latent + classes, *reversed(hidden), pixels))]
    mu, logvar = nn.Linear(hidden[-1], latent), nn.Linear(hidden[-1], latent)
    layers = nn.ModuleList([*encoder, mu, logvar, *decoder]).to(dtype)
    with torch.no_grad():
        logvar.bias[0] = 9  # Log-variances that leave their range.
    images, noise = torch.rand(batch, 1, 4, 4), torch.randn(batch, latent)
    one_hot = F.one_hot(torch.arange(batch) % 3, 3) if classes else None
    gradients = {p: torch.full_like(p, torch.nan) for p in layers.parameters()}
    gradient = dense_elbo.ElboGradient(encoder, mu, logvar, decoder, (-12.0, 8.0), gradients)
    given = images.clone(), noise.clone()
    terms = gradient(images, noise, one_hot, beta=0.7)
    assert terms is not None
    assert torch.equal(images, given[0])
    assert torch.equal(noise, given[1])
    first = [g.clone() for g in gradients.values()]
    assert gradient(images, noise, one_hot, beta=0.7, terms=False) is None
    assert all(torch.equal(a, b) for a, b in zip(first, gradients.values(), strict=True))

    layers.float()
    plain = dense_elbo.plain_elbo(encoder, mu, logvar, decoder, (-12.0, 8.0), images, noise, one_hot)
    expected = torch.autograd.grad(plain[0] + 0.7 * plain[1], list(layers.parameters()))
    for got, wanted in zip((*terms, *first), (*plain, *expected), strict=True):
        assert_near(got, wanted.detach(), torch.float32 if dtype == torch.float32 else torch.bfloat16)


@pytest.mark.parametrize("count", [1, 2])
def test_the_gradients_of_a_small_convolution_are_autograds_with_any_number_of_threads(count: int) -> None:
    generator = torch.Generator().manual_seed(5)
    shapes = (3, 8, 9, 9), (16, 8, 3, 3), (3, 16, 7, 7)
    # Whole numbers of at most 2: bfloat16 and its sums hold them exactly.
    x, weight, gradient = (torch.randint(-2, 3, shape, generator=generator).bfloat16() for shape in shapes)
    x, weight, gradient = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, weight, gradient))

    with threads(count):
        of_x, of_weight, of_bias = nature_trunk.small_convolution_gradients(gradient, x, weight)

    leaves = [tensor.float().requires_grad_() for tensor in (x, weight, torch.zeros(16))]
    expected = torch.autograd.grad(F.conv2d(*leaves), leaves, gradient.float())
    for computed, autograds in zip((of_x, of_weight, of_bias), expected, strict=True):
        torch.testing.assert_close(computed.float(), autograds.bfloat16().float(), rtol=0, atol=0)


def test_the_gradients_of_a_small_convolution_have_the_same_bits_with_any_number_of_threads() -> None:
    generator = torch.Generator().manual_seed(6)
    shapes = (32, 64, 9, 9), (64, 64, 3, 3), (32, 64, 7, 7)
    x, weight, gradient = (torch.randn(shape, generator=generator).bfloat16() for shape in shapes)
    x, gradient = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, gradient))

    computed = []
    for count in (1, 2, 3):
        with threads(count):
            computed.append(nature_trunk.small_convolution_gradients(gradient, x, weight))

    for others in computed[1:]:
        assert all(torch.equal(one, other) for one, other in zip(computed[0], others, strict=True))
