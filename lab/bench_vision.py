"""The speed of vision on this machine: classifiers training for real, how soon the view `look` answers, and `lab.bench_scenes`. What the screen
adds to it is in gui/bench_panels.py."""

import time
from typing import Any

import numpy as np
import torch

from lab import device as devices
from lab.bench_scenes import bench_scenes
from lab.cores import threads_for
from lab.recipes.vision.classify import Classify
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.snapshot import frozen_copy

PLAIN = {
    "augment_shift": 0.0, "augment_rotate": 0.0, "augment_scale": 0.0, "augment_warp": 0.0, "augment_colour": 0.0, "validation": 0.0,
}  # fmt: skip
"""No augmentation, as in the loop of benchmarks/plain_vision.py."""


def bench_vision(device: str = "auto") -> dict[str, Any]:
    """Images per second of ResNet-18 (small stem, 32 px, batch 64) and of LeNet-5, and the milliseconds of the view `look`
    on a drawing with LeNet-5: probabilities, feature maps and Grad-CAM, in one thread as the viewer has it."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    large = training(
        ClassifyConfig.parse({"network": "resnet18", "size": 32, "colours": "rgb", **PLAIN}),
        place,
        *((8, 2) if place.type == "cpu" else (100, 30)),
    )
    small = training(ClassifyConfig.parse({"network": "lenet5"}), place, 200, 20)
    looks = look_times(place)
    return {
        "resnet18_images_per_s": large["images_per_s"], "resnet18_images_per_cpu_s": large["images_per_cpu_s"],
        "lenet5_images_per_s": small["images_per_s"], "look_ms": round(float(np.median(looks)), 1),
        "look_p95_ms": round(float(np.percentile(looks, 95)), 1), "batch_size": 64, "precision": large["precision"],
        **bench_scenes(place), "device": devices.describe(place), "threads": torch.get_num_threads(),
    }  # fmt: skip


def training(config: ClassifyConfig, place: torch.device, steps: int, warmup: int) -> dict[str, Any]:
    """Images per second over `steps` steps on the digits."""
    experiment = Classify(config, place)
    for _ in range(warmup):
        experiment.step()
    devices.finish(place)
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        experiment.step()
    devices.finish(place)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    images = steps * config.batch_size
    return {
        "images_per_s": round(images / seconds, 1), "images_per_cpu_s": round(images / cpu_seconds, 1),
        "precision": str(experiment.dtype).removeprefix("torch."),
    }  # fmt: skip


def look_times(place: torch.device, count: int = 60) -> list[float]:
    """Milliseconds of each answer to a drawing that grows."""
    experiment = Classify(ClassifyConfig.parse({"network": "lenet5"}), place)
    net = frozen_copy(experiment.serving())
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    drawing = np.zeros((112, 112), np.uint8)
    taken = []
    for i in range(count + 5):
        drawing[i : i + 12, 40:60] = 255
        start = time.perf_counter()
        experiment.answer("look", net, {"image": drawing, "label": "", "layer": ""})
        taken.append(1000 * (time.perf_counter() - start))
    torch.set_num_threads(threads)
    return taken[5:]
