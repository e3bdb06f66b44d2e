"""Rectified flow (Liu et al. 2023; flow matching: Lipman et al. 2023): noise moves to a picture along a velocity that a network gives.

Time goes from 0, noise, to 1, a picture; between them x_t = (1 - t) noise + t picture, whose velocity is picture - noise. The
differential equation has one way through each point, so a noise is the code of its picture, and the way back finds the code.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.generative.building_blocks import class_weights

Sampler = Literal["euler", "heun"]
Times = Literal["logit-normal", "uniform"]


def column(t: Tensor) -> Tensor:
    """(B,) -> (B, 1, 1, 1)."""
    return t[:, None, None, None]


def between(noise: Tensor, images: Tensor, t: Tensor) -> Tensor:
    """The point at times t (B,) of the straight ways from noise to images (B, C, H, W)."""
    return torch.lerp(noise, images, column(t))


def training_times(kind: Times, normal: Tensor) -> Tensor:
    """Times (B,) in (0, 1) from standard normal numbers (B,): their sigmoid, most often near 1/2 (Esser et al. 2024), or uniform."""
    return normal.sigmoid() if kind == "logit-normal" else torch.special.ndtr(normal)


def integrate(
    velocity: Callable[[Tensor, float], Tensor], x: Tensor, evaluations: int, sampler: Sampler, start: float = 0.0, end: float = 1.0
) -> Tensor:
    """x (B, ...) moved along velocity(x, t) from time `start` to `end` in equal steps, with `evaluations` of it.

    Euler takes one evaluation a step; Heun (trapezoidal) two, and where their number is odd its last step is Euler's.
    """
    steps = evaluations if sampler == "euler" else (evaluations + 1) // 2
    width = (end - start) / steps
    for step in range(steps):
        t = start + step * width
        here = velocity(x, t)
        if sampler == "heun" and 2 * step + 1 < evaluations:
            here = 0.5 * (here + velocity(x + width * here, t + width))
        x = x + width * here
    return x


class NoiseToImage(nn.Module):
    """Base of the models whose code is a noise picture: `net` and how pictures are drawn with it."""

    has_encoder = True
    code_is_picture = True

    def __init__(self, net: nn.Module, shape: tuple[int, int, int], classes: int, evaluations: int, guidance: float = 1.0):
        super().__init__()
        self.net, self.shape, self.classes = net, shape, classes
        self.evaluations, self.guidance = evaluations, guidance
        self.latent = shape[0] * shape[1] * shape[2]

    def forward(self, x: Tensor, times: Tensor, labels: Tensor | None) -> Tensor:
        return self.net(x, times, labels)

    def prior(self, noise: Tensor) -> Tensor:
        return noise

    def guided(self, x: Tensor, times: Tensor, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        """The network's answer with classifier-free guidance (Ho & Salimans 2022): 0 ignores the class, 1 heeds it, more overdoes it."""
        scale = self.guidance if guidance is None else guidance
        if labels is None or not self.classes:
            return self.net(x, times, None).float()
        weights = class_weights(labels, self.classes, torch.float32)
        if scale in (0.0, 1.0):
            return self.net(x, times, weights * scale).float()
        both = self.net(torch.cat([x, x]), torch.cat([times, times]), torch.cat([0 * weights, weights])).float()
        without, with_class = both.chunk(2)
        return torch.lerp(without, with_class, scale)

    def decode(self, z: Tensor, labels: Tensor | None = None, **how: Any) -> Tensor:
        """Images in [0, 1] of noise (B, D); see `path` for how."""
        return unit(self.path(z.view(-1, *self.shape), labels, **how)[-1])

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The noise (B, D) from which images in [0, 1] (B, C, H, W) come."""
        raise NotImplementedError

    def path(
        self, noise: Tensor, labels: Tensor | None, evaluations: int = 0, guidance: float | None = None, sampler: Any = None
    ) -> list[Tensor]:
        """From noise (B, C, H, W) to pictures in [-1, 1], all that lies between included; defaults are the model's."""
        raise NotImplementedError

    def noised(self, images: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """Images in [-1, 1] (B, C, H, W) mixed with noise, as in training, at times t (B,)."""
        return between(noise, images, t)

    def predicted(self, x: Tensor, t: Tensor, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        """The clean pictures in [-1, 1] that the network expects behind x (B, C, H, W) at times t (B,)."""
        raise NotImplementedError


class Flow(NoiseToImage):
    """`net` gives the velocity."""

    def __init__(
        self, net: nn.Module, shape: tuple[int, int, int], classes: int = 0, evaluations: int = 8, guidance: float = 1.0,
        sampler: Sampler = "euler",
    ):  # fmt: skip
        super().__init__(net, shape, classes, evaluations, guidance)
        self.sampler: Sampler = sampler

    def path(
        self, noise: Tensor, labels: Tensor | None, evaluations: int = 0, guidance: float | None = None, sampler: Sampler | None = None
    ) -> list[Tensor]:
        sampler, count = sampler or self.sampler, evaluations or self.evaluations
        steps = count if sampler == "euler" else (count + 1) // 2
        points = [noise]
        for step in range(steps):
            here = 1 if sampler == "euler" or 2 * step + 1 == count else 2
            points.append(
                integrate(lambda x, t: self.velocity(x, t, labels, guidance), points[-1], here, sampler, step / steps, (step + 1) / steps)
            )
        return points

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        back = integrate(lambda x, t: self.velocity(x, t, labels), 2 * images - 1, max(8, self.evaluations), self.sampler, 1.0, 0.0)
        return back.flatten(1)

    def velocity(self, x: Tensor, t: float, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        return self.guided(x, torch.full((len(x),), t, device=x.device), labels, guidance)

    def predicted(self, x: Tensor, t: Tensor, labels: Tensor | None, guidance: float | None = None) -> Tensor:
        return x + column(1 - t) * self.guided(x, t, labels, guidance)


def unit(images: Tensor) -> Tensor:
    """[-1, 1] -> [0, 1], what lies outside cut off."""
    return (0.5 + 0.5 * images).clamp(0, 1)
