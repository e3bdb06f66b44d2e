"""The speed of segmentation and detection: training against the same network in a plain loop, in turns, and detected frames a second."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

import models
from lab.recipes.vision.detect import Detect
from lab.recipes.vision.detect_config import DetectConfig
from lab.recipes.vision.segment import Segment
from lab.recipes.vision.segment_config import SegmentConfig
from lab.snapshot import frozen_copy
from models.vision.single_shot import detection_loss

ROUNDS = 3
DIGITS = {"data": "digits", "scenes": 200}
"""Scenes that are composed in a moment; their pictures are as large as a patch of a game, and as a frame."""


def bench_scenes(place: torch.device, steps: int = 4, rounds: int = ROUNDS) -> dict[str, Any]:
    """unet_ratio and detect_ratio, ours over the plain loop's steps per second, medians over `rounds` in turns; detect_fps."""
    segment = Segment(SegmentConfig.parse({**DIGITS, "size": 96, "patch": 0}), place)
    detect = Detect(DetectConfig.parse({**DIGITS, "size": 192}), place)
    unet_ratio, unet = in_turns(segment.step, PlainUNet(segment, place).step, place, steps, rounds)
    detect_ratio, detected = in_turns(detect.step, PlainDetector(detect, place).step, place, steps, rounds)
    return {
        "unet_ratio": unet_ratio, "unet_steps_per_s": unet, "detect_ratio": detect_ratio, "detect_steps_per_s": detected,
        "detect_fps": frames_per_second(detect),
    }  # fmt: skip


def in_turns(ours: Callable[[], Any], plain: Callable[[], Any], place: torch.device, steps: int, rounds: int) -> tuple[float, float]:
    """The plain loop's time over ours, the median over the rounds, and our steps per second."""
    taken: dict[str, list[float]] = {"ours": [], "plain": []}
    for i in range(rounds + 1):
        for name, step in (("ours", ours), ("plain", plain)):
            start = time.perf_counter()
            for _ in range(steps if i else 1):
                step()
            if place.type == "cuda":
                torch.cuda.synchronize()
            if i:  # The first round warms up.
                taken[name].append(time.perf_counter() - start)
    ratios = [plain_time / our_time for our_time, plain_time in zip(taken["ours"], taken["plain"], strict=True)]
    return round(median(ratios), 3), round(steps / median(taken["ours"]), 2)


def frames_per_second(detect: Detect, count: int = 20) -> float:
    """Frames a second of one thread, from the picture to boxes after their suppression, as the viewer asks for them."""
    net = frozen_copy(detect.serving())
    images = detect.scenes("test").images
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        taken = []
        for i in range(count + 2):
            start = time.perf_counter()
            detect.detections(net, images[i % len(images)][None], 0.3)
            taken.append(time.perf_counter() - start)
    finally:
        torch.set_num_threads(threads)
    return round(1 / median(taken[2:]), 1)


class Scenes(Dataset):
    """Pictures as floats one by one, with their maps and boxes: what a PyTorch user writes first."""

    def __init__(self, images: Tensor, maps: Tensor, boxes: list[np.ndarray]):
        self.images, self.maps, self.boxes = images, maps, boxes

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        return (self.images[index].float() / 255 - 0.5) / 0.25, self.maps[index].long(), torch.from_numpy(self.boxes[index])


class PlainLoop:
    """An eager fp32 loop over a DataLoader with the optimiser as it comes."""

    def __init__(self, experiment: Segment | Detect, net: nn.Module, place: torch.device):
        scenes = experiment.scenes("train")
        self.net, self.place = net.to(place), place
        self.optimizer = torch.optim.AdamW(self.net.parameters(), experiment.config.learning_rate)
        self.data = Scenes(scenes.images, scenes.maps, scenes.boxes)
        self.size = experiment.config.batch_size
        self.rows: Any = iter(())

    def batch(self) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Pictures (B, 3, H, W), maps (B, H, W), and the boxes (M, 5) of each."""
        try:
            rows = next(self.rows)
        except StopIteration:
            self.rows = iter(DataLoader(self.data, self.size, shuffle=True, drop_last=True, collate_fn=list))
            rows = next(self.rows)
        images, maps, boxes = zip(*rows, strict=True)
        return torch.stack(images).to(self.place), torch.stack(maps).to(self.place), [part.to(self.place) for part in boxes]

    def update(self, loss: Tensor) -> float:
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


class PlainUNet(PlainLoop):
    def __init__(self, experiment: Segment, place: torch.device):
        c = experiment.config
        super().__init__(
            experiment, models.build("unet", classes=len(experiment.scenes.classes), features=c.features, depth=c.depth), place
        )

    def step(self) -> float:
        images, maps, _ = self.batch()
        return self.update(F.cross_entropy(self.net(images), maps))


class PlainDetector(PlainLoop):
    def __init__(self, experiment: Detect, place: torch.device):
        c = experiment.config
        net = models.build("single-shot", classes=len(experiment.scenes.classes) - 1, anchors=c.anchors, features=c.features)
        super().__init__(experiment, net, place)

    def step(self) -> float:
        images, _, boxes = self.batch()
        every = torch.cat(boxes)
        picture = torch.arange(len(boxes), device=self.place).repeat_interleave(torch.tensor([len(b) for b in boxes], device=self.place))
        parts = detection_loss(self.net, self.net(images), every[:, 1:], every[:, 0].long() - 1, picture)  # type: ignore[arg-type]
        return self.update(2 * parts["box"] + parts["objectness"] + parts["class"])
