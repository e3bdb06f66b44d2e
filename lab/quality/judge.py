"""The judge of a data set: trained once on its train split, from a fixed seed, and kept in the cache folder."""

import hashlib
import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from lab.data.cache import cache
from lab.data.images import LabelledImages
from lab.seeding import seeded
from models.generative.judge import Judge, rotations

log = logging.getLogger("lab.quality")

STEPS, BATCH, RATE = 500, 64, 3e-3
VERSION = 1
"""Raise it when the network or its training changes."""


@dataclass(frozen=True)
class Judged:
    """A trained judge, what it was trained to tell apart, and its accuracy on test images."""

    net: Judge
    task: str
    accuracy: float

    @torch.no_grad()
    def look(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """(features (N, 64), predicted classes (N,)) of images in [0, 1] (N, C, H, W)."""
        features = torch.cat([self.net.embed(part) for part in images.split(256)])
        return features, self.net.to_scores(F.relu(features / self.net.scale)).argmax(1)


def judge(name: str, train: LabelledImages, test: LabelledImages) -> Judged:
    """The judge of the data set `name`, from the cache or trained now (some seconds). Where there is one class only, it
    tells quarter turns apart."""
    task = "classes" if len(train.classes) > 1 else "rotations"
    classes = len(train.classes) if task == "classes" else 4
    device = train.images.device
    with seeded(0):
        net = Judge(train.images.shape[1], classes)
    net = net.to(device)
    file = cache() / "judges" / f"{name}-{key(train)}.safetensors"
    if not loaded(net, file):
        log.info("training the judge of %s: a small classifier by whose features the samples are measured", name)
        fit(net, train, task)
        store(net, file)
    net.eval().requires_grad_(False)
    return Judged(net, task, accuracy(net, test, task))


def key(train: LabelledImages) -> str:
    """A short hash of these images and labels."""
    digest = hashlib.sha256(f"{VERSION} {train.classes} {tuple(train.images.shape)}".encode())
    rows = torch.linspace(0, len(train) - 1, min(64, len(train))).long().to(train.images.device)
    digest.update(train.images[rows].cpu().numpy().tobytes())
    digest.update(train.labels.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


@torch.enable_grad()  # It may be asked for by a view, which runs without.
def fit(net: Judge, train: LabelledImages, task: str) -> None:
    """Adam with a decaying learning rate on images shifted by up to an eighth of their side."""
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    net.train()
    for _ in range(STEPS):
        index = torch.randint(len(train), (BATCH,), generator=generator).to(train.images.device)
        images, labels = train.images[index].float() / 255, train.labels[index]
        if task == "rotations":
            images, labels = rotations(images[: BATCH // 2])
        else:
            images = shifted(images, generator)
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        seen = train.images[: 8 * BATCH].float() / 255
        net.scale.copy_(net.embed(seen).square().mean().rsqrt())


def shifted(images: Tensor, generator: torch.Generator) -> Tensor:
    """The batch shifted by up to an eighth of the side, all images by the same amount; the edge is repeated."""
    most = max(1, images.shape[-1] // 8)
    down, right = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
    padded = F.pad(images, (most, most, most, most), mode="replicate")
    size = images.shape[-1]
    return padded[:, :, most + down : most + down + size, most + right : most + right + size]


@torch.no_grad()
def accuracy(net: Judge, test: LabelledImages, task: str) -> float:
    """Accuracy on the test images (or on their rotations)."""
    right = total = 0.0
    for images, labels in zip(test.images.split(256), test.labels.split(256), strict=True):
        seen = images.float() / 255
        if task == "rotations":
            seen, labels = rotations(seen)
        right += float((net(seen).argmax(1) == labels).float().sum())
        total += len(labels)
    return right / total


def loaded(net: Judge, file: Path) -> bool:
    try:
        net.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError):
        return False
    return True


def store(net: Judge, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")  # Two runs may train the same judge at once.
        save_file({name: value.contiguous() for name, value in net.state_dict().items()}, temporary)
        temporary.replace(file)
    except (OSError, SafetensorError) as error:
        log.warning("the judge could not be kept in %s (%s); it is trained again next time", file.parent, error)
