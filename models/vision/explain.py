"""What a prediction is based on: class activation maps (CAM), Grad-CAM, Augmented Grad-CAM, integrated gradients, RISE and occlusion.

Each gives a map (H, W) per image for one class, high where the image supports the class. `net` takes images and gives
class scores; `images` are whatever it takes. None changes the network or needs its parameters' gradients, so all of them
work on a frozen copy in another thread. Read first: `grad_cam`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.eval_mode import eval_mode


@torch.no_grad()
def activations(net: nn.Module, images: Tensor, names: list[str]) -> tuple[Tensor, dict[str, Tensor]]:
    """The class scores (B, classes) and the outputs of the modules `names`."""
    outputs: dict[str, Tensor] = {}
    hooks = []
    for name in names:
        hooks.append(net.get_submodule(name).register_forward_hook(lambda m, i, o, name=name: outputs.__setitem__(name, o)))
    try:
        with eval_mode(net):
            return net(images), outputs
    finally:
        for hook in hooks:
            hook.remove()


def grad_cam(net: nn.Module, images: Tensor, classes: Tensor, maps: str) -> Tensor:
    """Grad-CAM (Selvaraju et al. 2017, eqs. 1 and 2): relu(sum_k alpha_k A^k), alpha_k = mean_ij dy^c / dA^k_ij.

    (B, h, w) in the resolution of the module `maps`, for `classes` (B,). y is the score before softmax.
    """
    gradients, activation = maps_and_gradients(net, images, classes, maps)
    alpha = gradients.flatten(2).mean(2)  # (B, K)
    return torch.einsum("bk,bkhw->bhw", alpha, activation).relu()


def maps_and_gradients(net: nn.Module, images: Tensor, classes: Tensor, maps: str) -> tuple[Tensor, Tensor]:
    """dy^c / dA and A (B, K, h, w) of the module `maps`; series (B, K, l) count as one row."""
    caught: list[Tensor] = []

    def catch(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        # The maps become the leaf of the graph: nothing before them needs a gradient, nor do the parameters.
        caught.append(output.detach().requires_grad_())
        return caught[-1]

    hook = net.get_submodule(maps).register_forward_hook(catch)
    try:
        with eval_mode(net), torch.enable_grad():
            scores = net(images)
            chosen = scores.gather(1, classes[:, None]).sum()
            (gradient,) = torch.autograd.grad(chosen, caught[-1])
    finally:
        hook.remove()
    activation = caught[-1].detach()
    return (gradient, activation) if activation.dim() == 4 else (gradient[:, :, None], activation[:, :, None])


@torch.no_grad()
def cam(net: nn.Module, images: Tensor, classes: Tensor, maps: str, head: str) -> Tensor:
    """CAM (Zhou et al. 2016, eq. 2): sum_k w_k^c A^k (B, h, w), for networks whose head follows global average pooling.

    The mean of the map plus the head's bias is the class's score. Raises ValueError for other networks.
    """
    layer = net.get_submodule(head)
    weight = getattr(layer, "weight", None)
    _, outputs = activations(net, images, [maps])
    a = outputs[maps] if outputs[maps].dim() == 4 else outputs[maps][:, :, None]
    if weight is None or weight.shape[1] != a.shape[1] or weight[0, 0].numel() != 1:
        raise ValueError("CAM needs a network whose class scores are a dense layer on the global average of its maps; use Grad-CAM")
    rows = weight.flatten(1)[classes]  # (B, K)
    return torch.einsum("bk,bkhw->bhw", rows, a)


def integrated_gradients(net: nn.Module, image: Tensor, label: int, baseline: Tensor, steps: int, batch: int = 64) -> tuple[Tensor, float]:
    """Integrated gradients (Sundararajan et al. 2017, eq. 1): (x - x') times the mean of dy^c / dx on the straight way from x' to x.

    `image` and `baseline` (1, C, H, W) float; the mean is over the midpoints of `steps` pieces. Returns the attributions (C, H, W) and the
    convergence delta: their sum less y^c(x) - y^c(x'), 0 where the steps are fine enough. Raises ValueError where the scores do not follow
    the pixels smoothly.
    """
    places = (torch.arange(steps, device=image.device) + 0.5) / steps
    total = torch.zeros_like(image[0])
    with eval_mode(net), torch.enable_grad():
        for part in places.split(batch):
            points = (baseline + part[:, None, None, None] * (image - baseline)).detach().requires_grad_()  # (B, C, H, W)
            scores = net(points)[:, label]
            if not scores.requires_grad:
                raise ValueError("What this network answers has no gradient in its pixels; use Occlusion or RISE")
            total = total + torch.autograd.grad(scores.sum(), points)[0].sum(0)
    attributions = (image - baseline)[0] * total / steps
    with eval_mode(net), torch.no_grad():
        difference = net(image)[0, label] - net(baseline)[0, label]
    return attributions, float(attributions.sum() - difference)


def augmented_grad_cam(
    net: nn.Module,
    image: Tensor,
    label: int,
    maps: str,
    generator: torch.Generator,
    copies: int = 32,
    steps: int = 100,
    angle: float = 0.35,
    shift: float = 0.2,
    smoothness: float = 1e-3,
    ridge: float = 1e-4,
) -> Tensor:
    """Augmented Grad-CAM (Morbidelli et al. 2020): a map (H, W) in the image's own resolution from many coarse ones.

    The image (1, C, H, W) is rotated (up to `angle` radians) and shifted (up to `shift` of its side) in `copies` known
    ways A_l; each Grad-CAM g_l is what the sought map h shows after A_l and reduction D to the maps' grid, so h minimises
    mean_l |D A_l h - g_l|^2 + smoothness * TV(h) + ridge * |h|^2 (eq. 4, total variation in both directions), here by Adam.
    """
    height, width = image.shape[2:]
    angles = (torch.rand(copies, generator=generator) * 2 - 1) * angle
    moves = (torch.rand(copies, 2, generator=generator) * 2 - 1) * 2 * shift
    angles[0], moves[0] = 0, 0
    theta = torch.stack(
        [torch.stack([angles.cos(), -angles.sin(), moves[:, 0]], 1), torch.stack([angles.sin(), angles.cos(), moves[:, 1]], 1)], 1
    ).to(image.device)  # (L, 2, 3)
    grid = F.affine_grid(theta, [copies, 1, height, width], align_corners=False)
    turned = F.grid_sample(image.float().expand(copies, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    labels = torch.full((copies,), label, device=image.device)
    seen = grad_cam(net, turned, labels, maps)  # (L, h, w)
    seen = seen / seen.amax().clamp(min=1e-12)
    heat = F.interpolate(seen[:1, None], (height, width), mode="bilinear", align_corners=False).detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([heat], lr=0.05)
    for _ in range(steps):
        with torch.enable_grad():
            coarse = F.adaptive_avg_pool2d(
                F.grid_sample(heat.expand(copies, -1, -1, -1), grid, align_corners=False), (seen.shape[1], seen.shape[2])
            )
            variation = (heat[..., 1:, :] - heat[..., :-1, :]).abs().sum() + (heat[..., 1:] - heat[..., :-1]).abs().sum()
            loss = (coarse[:, 0] - seen).square().sum((1, 2)).mean() + smoothness * variation + ridge * heat.square().sum()
            (heat.grad,) = torch.autograd.grad(loss, heat)
        optimizer.step()
    return heat.detach()[0, 0].relu()


def rise_masks(count: int, height: int, width: int, generator: torch.Generator, cells: int = 7, p: float = 0.5) -> Tensor:
    """RISE's masks (count, height, width) in [0, 1] (Petsiuk et al. 2018, sec. 3.2).

    A random grid of `cells` x `cells`, each 1 with probability `p`, enlarged bilinearly to a little more than the image
    and cut out at a random place, so that no grid shows in the sum.
    """
    cell_h, cell_w = math.ceil(height / cells), math.ceil(width / cells)
    grid = (torch.rand(count, 1, cells, cells, generator=generator) < p).float()
    large = F.interpolate(grid, ((cells + 1) * cell_h, (cells + 1) * cell_w), mode="bilinear", align_corners=False)[:, 0]
    top = torch.randint(cell_h, (count,), generator=generator)
    left = torch.randint(cell_w, (count,), generator=generator)
    rows = top[:, None] + torch.arange(height)  # (N, H)
    columns = left[:, None] + torch.arange(width)  # (N, W)
    return large[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]].clamp(0, 1)


@torch.no_grad()
def rise(net: nn.Module, image: Tensor, label: int, masks: Tensor, p: float = 0.5, ground: float = 0.0, batch: int = 128) -> Tensor:
    """RISE (Petsiuk et al. 2018, eq. 6): S = 1 / (N p) sum_i f(image * M_i) M_i (H, W), f the probability of `label`.

    The image (1, C, H, W) fades to the value `ground` where a mask is 0. Needs scores only, so it works for any classifier.
    """
    masks = masks.to(image.device)
    total = torch.zeros(image.shape[2:], device=image.device)
    with eval_mode(net):
        for part in masks.split(batch):
            shown = ground + (image.float() - ground) * part[:, None]
            total += torch.einsum("n,nhw->hw", net(shown).softmax(1)[:, label].float(), part)
    return total / (len(masks) * p)


@torch.no_grad()
def occlusion(net: nn.Module, image: Tensor, label: int, patch: int, stride: int, ground: float = 0.0, batch: int = 128) -> Tensor:
    """How much the probability of `label` falls when a patch of side `patch` covers a pixel (Zeiler & Fergus 2014, sec. 4.2).

    (H, W): the mean of p(image) - p(covered) over the patches that cover the pixel; negative where covering helps.
    """
    height, width = image.shape[2:]
    tops = sorted({*range(0, max(1, height - patch + 1), stride), max(0, height - patch)})
    lefts = sorted({*range(0, max(1, width - patch + 1), stride), max(0, width - patch)})
    covers = torch.zeros(len(tops) * len(lefts), height, width, dtype=torch.bool)
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            covers[i * len(lefts) + j, top : top + patch, left : left + patch] = True
    covers = covers.to(image.device)
    with eval_mode(net):
        whole = net(image.float()).softmax(1)[0, label]
        drops = torch.cat(
            [whole - net(image.float().masked_fill(part[:, None], ground)).softmax(1)[:, label] for part in covers.split(batch)]
        )
    return torch.einsum("n,nhw->hw", drops.float(), covers.float()) / covers.float().sum(0)


@torch.no_grad()
def deletion_and_insertion(net: nn.Module, image: Tensor, label: int, heat: Tensor, ground: float, steps: int = 16) -> tuple[float, float]:
    """How far a map can be trusted (Petsiuk et al. 2018, section 4.1): the mean probability of `label` while pixels give way to `ground`, and while they
    come back on it, those of the largest heat (H, W) first. A good map has a low deletion and a high insertion; image (1, C, H, W).
    """
    order = heat.flatten().argsort(descending=True, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    limits = (torch.arange(steps + 1, device=heat.device) * len(order)) // steps  # How many pixels are touched.
    touched = (rank[None] < limits[:, None]).view(steps + 1, 1, *heat.shape)
    values = image.float()
    with eval_mode(net):
        both = torch.cat([values.where(~touched, ground), values.where(touched, ground)])
        probabilities = net(both).softmax(1)[:, label].float()
    deleted, inserted = probabilities.chunk(2)
    return float(torch.trapezoid(deleted) / steps), float(torch.trapezoid(inserted) / steps)


def layers_with_maps(net: nn.Module, images: Tensor, kinds: tuple[type[nn.Module], ...]) -> list[str]:
    """The names of the modules of these kinds whose output is maps (B, K, h, w), in the order of their calls."""
    names: list[str] = []

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if output.dim() == 4 and name not in names:
                names.append(name)

        return hook

    hooks = [module.register_forward_hook(note(name)) for name, module in net.named_modules() if isinstance(module, kinds)]
    try:
        with eval_mode(net), torch.no_grad():
            net(images)
    finally:
        for hook in hooks:
            hook.remove()
    return names
