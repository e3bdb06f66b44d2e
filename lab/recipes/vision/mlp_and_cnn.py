"""An MLP and a CNN that have learned the same digits: what is left of their answers when pixels are shifted, and when they are permuted.

A dense layer knows each pixel by its place: a shift confuses it, and a permutation that training has too costs it hardly anything. A convolution
knows neighbours: a shift by whole steps of its pooling hardly matters, and where neighbours are torn apart it loses what it is made for. The workbench shows both.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import models
from lab.data.load import load_images
from models.eval_mode import eval_mode
from models.vision.surgery import initialise

LAYERS = {"MLP": "flatten, dense 64, dense classes", "CNN": "conv 16 3, pool 2, conv 32 3, gmp, dense classes"}
SIDE, EDGE = 16, 4
"""Digits of 8x8 pixels lie in the middle of 16x16, so that a shift by up to 4 loses nothing."""
STEPS, BATCH, RATE = 300, 64, 0.01


@dataclass(frozen=True)
class Answers:
    """Of both networks to one digit: the picture (16, 16) uint8 as they get it, the true class, the probabilities (10,) by the
    network's name, and the share of the test digits that each gets right when all are moved like this."""

    picture: np.ndarray
    label: int
    probabilities: dict[str, np.ndarray]
    accuracy: dict[str, float]


class MLPAndCNN:
    """Both networks, trained on centred digits whose pixels are `permuted` in one way, drawn once, or left as they are."""

    def __init__(self, permuted: bool, steps: int = STEPS, seed: int = 0):
        generator = torch.Generator().manual_seed(seed)
        places = torch.randperm(SIDE * SIDE, generator=generator)
        self.places = places if permuted else torch.arange(SIDE * SIDE)
        train, test = (load_images("digits", split, torch.device("cpu")) for split in ("train", "test"))
        self.images, self.labels = on_ground(test.images), test.labels
        self.nets: dict[str, nn.Module] = {}
        images = self.moved(on_ground(train.images), 0, 0)
        for name, layers in LAYERS.items():
            with torch.device("meta"):
                net = models.build("layers", classes=10, channels=1, size=SIDE, layers=layers)
            net = self.nets[name] = net.to_empty(device="cpu")
            own = torch.Generator().manual_seed(seed)  # Each learns the same batches, whichever comes first.
            initialise(net, "he", own)
            fit(net, images, train.labels, steps, own)

    def moved(self, images: Tensor, right: int, down: int) -> Tensor:
        """Images (N, 1, 16, 16) shifted, with 0 where nothing was, then permuted as this pair's are."""
        shifted = F.pad(images, (EDGE, EDGE, EDGE, EDGE)).roll((down, right), (2, 3))[..., EDGE:-EDGE, EDGE:-EDGE]
        return shifted.flatten(1)[:, self.places].view_as(images)

    @torch.no_grad()
    def answers(self, number: int, right: int = 0, down: int = 0) -> Answers:
        """What both say to test digit `number`, shifted by pixels of at most 4."""
        images = self.moved(self.images, right, down)
        probabilities, accuracy = {}, {}
        for name, net in self.nets.items():
            with eval_mode(net):
                scores = net(images)
            probabilities[name] = scores[number].softmax(0).numpy()
            accuracy[name] = float((scores.argmax(1) == self.labels).float().mean())
        picture = (255 * images[number, 0]).round().to(torch.uint8).numpy()
        return Answers(picture, int(self.labels[number]), probabilities, accuracy)


def on_ground(images: Tensor) -> Tensor:
    """Digits (N, 1, 8, 8) uint8 in the middle of black pictures (N, 1, 16, 16), from 0 to 1."""
    return F.pad(images.float() / 255, (EDGE, EDGE, EDGE, EDGE))


def fit(net: nn.Module, images: Tensor, labels: Tensor, steps: int, generator: torch.Generator) -> None:
    """Train by Adam on batches drawn from `generator`."""
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    net.train()
    for _ in range(steps):
        rows = torch.randint(len(images), (BATCH,), generator=generator)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(images[rows]), labels[rows]).backward()
        optimizer.step()
