"""The lab's speeds on a GPU, beside those of plain loops on the same GPU, in turns, and beside the same machine's processor.

    python benchmarks/gpu.py [--device cuda] [--seconds 4] [--rounds 2]
The plain loops are eager fp32 with their images on the device already; they are those of `plain_generative.py`, `translate.py`,
`plain_gpt.py` and `plain_vision.py`. Prints one line a figure and a JSON document.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import plain_generative
import torch
import translate
from torch import Tensor, nn
from torch.nn import functional as F

import models
from agents.bench import bench_dqn, bench_pqn
from lab import device as devices
from lab.bench_generate import latent_speed
from lab.registry import recipe

CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    place = devices.resolve(options.device)
    figures: dict[str, Any] = {"device": devices.describe(place), "host": devices.describe(CPU)}

    def note(**values: object) -> None:
        figures.update(values)
        print(values, flush=True)

    torch.set_default_device(place)
    for name, (batch, ours, plain) in pairs(place).items():
        rounds = [
            (speed(ours, batch, options.seconds, place), speed(as_pytorch_has_it(plain), batch, options.seconds, place))
            for _ in range(options.rounds)
        ]
        note(**{
            name: round(statistics.median(lab for lab, _ in rounds), 1), f"plain_{name}": round(statistics.median(p for _, p in rounds), 1),
            f"{name}_ratio": round(statistics.median(lab / p for lab, p in rounds), 2),
        })  # fmt: skip
    torch.set_default_device(CPU)
    for name, bench in (("dqn", bench_dqn), ("pqn", bench_pqn)):
        ours = bench(options.device)["sps"]
        note(**{f"{name}_steps_per_s": ours})
        on_cpu = bench("cpu")["sps"]
        note(**{f"{name}_cpu_steps_per_s": on_cpu, f"{name}_over_cpu": round(ours / on_cpu, 2)})
    for name in ("dcgan", "vae"):
        note(**{f"{name}_{key}": value for key, value in latent_speed(name, options.device).items()})
    print(json.dumps(figures))


def speed(step: Callable[[], object], batch: int, seconds: float, place: torch.device) -> float:
    """Examples per second, after ten steps to warm up."""
    for _ in range(10):
        step()
    devices.finish(place)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        steps += 1
        if steps % 20 == 0:
            devices.finish(place)  # Otherwise the queue of the GPU would hide what a step takes.
    devices.finish(place)
    return steps * batch / (time.perf_counter() - start)


def as_pytorch_has_it(step: Callable[[], object]) -> Callable[[], object]:
    """The plain loops have PyTorch's own settings: the lab's runs switch off TF32 and algorithms that add in any order."""

    def run() -> object:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=False, allow_tf32=True):
            return step()

    return run


def pairs(place: torch.device) -> dict[str, tuple[int, Callable[[], object], Callable[[], object]]]:
    """Name -> (examples of a step, the lab's step, the plain loop's)."""
    return {
        "vae_images_per_s": (128, ours("vae", place, size=28), on_noise(plain_generative.vae(), 128, 28)),
        "dcgan_images_per_s": (64, ours("dcgan", place, size=64, features=64, r1=0), on_noise(plain_generative.dcgan(), 64, 64)),
        "cyclegan256_images_per_s": (1, *translating("cyclegan-256", translate.plain_cyclegan, place)),
        "pix2pix256_images_per_s": (1, *translating("pix2pix-256", translate.plain_pix2pix, place)),
        "gpt_tokens_per_s": (12 * 64, ours("gpt", place, validate_every=0), plain_gpt()),
        "resnet18_images_per_s": (64, ours("classify", place, network="resnet18", size=32, colours="rgb", batch_size=64), plain_resnet()),
    }  # fmt: skip


def ours(name: str, place: torch.device, **settings: object) -> Callable[[], object]:
    entry = recipe(name)
    config = entry.config_class()
    fields = {key: value for key, value in {"quality_every": 0, "validation": 0.0, **settings}.items() if key in config.model_fields}
    with torch.device("cpu"):
        experiment = entry.experiment_class()(config.parse(fields), place)
        experiment.step()
    return on_the_processor(experiment.step)


def on_the_processor(step: Callable[[], object]) -> Callable[[], object]:
    """The lab names its devices itself; the plain loops rely on a default."""

    def run() -> object:
        with torch.device("cpu"):
            return step()

    return run


def translating(
    name: str, plain: Callable[[Any, tuple[Tensor, Tensor]], Callable[[], None]], place: torch.device
) -> tuple[Callable[[], object], Callable[[], object]]:
    """The steps of an image translation at 256 pixels, and of its plain loop on the same pictures."""
    entry = recipe(name)
    config = entry.config_class().parse({"data": "digits", **({"task": "outline"} if name.startswith("pix2pix") else {})})
    with torch.device("cpu"):
        experiment = entry.experiment_class()(config, place)
        data = experiment.domains("train")
        images = tuple(part.images[:64, :, : config.size, : config.size].to(place) for part in (data.a, data.b))
        experiment.step()
    experiment.lapse_every = 10**9  # The film is kept every few steps later on; in the first ones it would be at each.
    return on_the_processor(experiment.step), plain(config, images)


def on_noise(step: Callable[[Tensor], float], batch: int, size: int) -> Callable[[], object]:
    images = torch.rand(batch, 1, size, size)
    return lambda: step(images)


def plain_gpt() -> Callable[[], object]:
    context, batch, vocabulary = 64, 12, 96
    data = torch.randint(vocabulary, (100_000,))
    net = models.build("gpt", vocabulary=vocabulary, context=context)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.1)

    def step() -> float:
        rows = torch.randint(len(data) - context, (batch,))
        x, y = (torch.stack([data[i + shift : i + shift + context] for i in rows]) for shift in (0, 1))
        logits, _ = net(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def plain_resnet() -> Callable[[], object]:
    net = models.build("resnet18", classes=10, channels=3, size=32)
    images, labels = torch.rand(64, 3, 32, 32), torch.randint(10, (64,))
    optimizer, criterion = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01), nn.CrossEntropyLoss()

    def step() -> float:
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


if __name__ == "__main__":
    main()
