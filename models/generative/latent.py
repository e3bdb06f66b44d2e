"""Walks through a latent space: straight and spherical paths, the square between four points, planes, principal directions."""

from typing import Literal

import torch
from torch import Tensor

Mode = Literal["linear", "spherical"]


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The straight path from a to b (..., D) at t (..., 1) in [0, 1]."""
    return a + t * (b - a)


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """The spherical path from a to b (..., D) at t (..., 1): angle and length change at a constant rate.

    Normal noise of many dimensions lies near a sphere, whose inside the straight path crosses (White 2016). Where a and b
    point the same or the opposite way the arc is not defined, and the path is straight.
    """
    la, lb = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    ua, ub = a / la.clamp(min=1e-12), b / lb.clamp(min=1e-12)
    angle = (ua * ub).sum(-1, keepdim=True).clamp(-1, 1).acos()
    sine = angle.sin()
    arc = (((1 - t) * angle).sin() * ua + (t * angle).sin() * ub) / sine.clamp(min=1e-6)
    return torch.where(sine < 1e-4, lerp(a, b, t), arc * lerp(la, lb, t))


def between(a: Tensor, b: Tensor, t: Tensor, mode: Mode) -> Tensor:
    return slerp(a, b, t) if mode == "spherical" else lerp(a, b, t)


def path(anchors: Tensor, steps: int, mode: Mode, loop: bool = False) -> Tensor:
    """`steps` points (steps, D) along the path through anchors (A, D), evenly spaced over its segments; a loop returns to the first."""
    t = torch.linspace(0, 1, steps + 1 if loop else steps)[:steps]
    return along(anchors, t, mode, loop)


def along(anchors: Tensor, t: Tensor, mode: Mode, loop: bool = False) -> Tensor:
    """Points (T, D) at positions t (T,) in [0, 1] of the path through anchors (A, D)."""
    stops = torch.cat([anchors, anchors[:1]]) if loop else anchors
    legs = len(stops) - 1
    if legs == 0:
        return stops.expand(len(t), -1)
    leg = (t * legs).floor().clamp(0, legs - 1).long().to(anchors.device)
    return between(stops[leg], stops[leg + 1], (t.to(anchors.device) * legs - leg)[:, None], mode)


def square(corners: Tensor, u: Tensor, v: Tensor, mode: Mode) -> Tensor:
    """Points (T, D) of the square whose corners (4, D) are top left, top right, bottom left, bottom right; u, v (T, 1)."""
    top, bottom = between(corners[0], corners[1], u, mode), between(corners[2], corners[3], u, mode)
    return between(top, bottom, v, mode)


def plane_through(anchors: Tensor) -> tuple[Tensor, Tensor]:
    """(origin (D,), axes (2, D)) of the plane through three anchors (3, D): the first at (0, 0), the others at (1, 0) and (0, 1)."""
    return anchors[0], anchors[1:3] - anchors[0]


def eigh(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of a small symmetric matrix, found on the processor: a GPU takes longer, and two threads that need its
    solver for the first time at once get in each other's way."""
    values, vectors = torch.linalg.eigh(matrix.cpu())
    return values.to(matrix.device), vectors.to(matrix.device)


def principal_directions(points: Tensor, count: int = 2) -> tuple[Tensor, Tensor]:
    """(mean (D,), axes (count, D)) of points (N, D): each axis as long as the standard deviation along it.

    The sign is that which makes an axis's largest component positive, so that it does not flip from one call to the next.
    """
    points = points.float()
    mean = points.mean(0)
    values, vectors = eigh(torch.cov((points - mean).T).reshape(points.shape[1], points.shape[1]))
    axes = vectors.T.flip(0)[:count] * values.flip(0)[:count].clamp(min=0).sqrt()[:, None]
    return mean, upright(axes)


def image_directions(images: Tensor, count: int) -> Tensor:
    """Principal directions (count, D) of images (N, D), each as long as the standard deviation along it; for N below D."""
    centred = images - images.mean(0)
    _, vectors = eigh(centred @ centred.T)  # (N, N), whose eigenvectors combine the images to directions.
    count = min(count, len(images) - 1)
    directions = vectors.T.flip(0)[:count] @ centred  # Of length sqrt(eigenvalue), which is sqrt(N - 1) deviations.
    return upright(directions) / (len(images) - 1) ** 0.5


def strongest_directions(weights: Tensor, count: int = 2) -> Tensor:
    """Unit axes (count, D): the right singular vectors of weights (U, D), by which a layer changes most (Shen & Zhou 2021)."""
    _, vectors = eigh(weights.float().T @ weights.float())
    return upright(vectors.T.flip(0)[:count])


def feature_directions(features: Tensor, z: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Unit directions (count, D) of z along which features (N, U) of points z (N, D) vary most, and the share of the features'
    variance that each explains (count,): their principal components, carried over to z by least squares (Haerkoenen et al. 2020, GANSpace).
    """
    axes = image_directions(features.float(), count)  # (K, U)
    deviation = axes.norm(dim=1, keepdim=True).clamp(min=1e-12)
    centred = features.float() - features.float().mean(0)
    along = centred @ (axes / deviation).T / deviation.T  # (N, K), each of variance 1 and uncorrelated: least squares is a product.
    directions = along.T @ (z - z.mean(0)).float() / (len(z) - 1)  # (K, D)
    share = deviation[:, 0].square() / centred.square().sum().clamp(min=1e-12) * (len(z) - 1)
    return upright(directions / directions.norm(dim=1, keepdim=True).clamp(min=1e-12)), share


def class_directions(z: Tensor, classes: Tensor, count: int) -> Tensor:
    """Unit directions (count, D) from the points z (N, D) of all other classes to those of class k; zeros for a class without points.

    Of standard normal z this is Fisher's discriminant, as all directions vary alike.
    """
    directions = torch.zeros(count, z.shape[1], device=z.device)
    for k in range(count):
        inside = classes == k
        if 0 < int(inside.sum()) < len(z):
            directions[k] = z[inside].mean(0) - z[~inside].mean(0)
    return directions / directions.norm(dim=1, keepdim=True).clamp(min=1e-12)


def upright(axes: Tensor) -> Tensor:
    largest = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return axes * torch.where(largest < 0, -1.0, 1.0)


def origin_beside(axes: Tensor, point: Tensor) -> Tensor:
    """The part of `point` (D,) at right angles to unit axes (2, D), made sqrt(D - 2) long.

    With it as its origin, a plane along the axes holds points as long as standard normal noise is.
    """
    rest = point - (point @ axes.T) @ axes
    return rest * ((len(point) - len(axes)) ** 0.5 / rest.norm().clamp(min=1e-12))
