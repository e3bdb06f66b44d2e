"""The lab's speeds on a GPU, beside those of plain loops on the same GPU, in turns, and beside the same machine's processor.

    python benchmarks/gpu.py [--device cuda] [--seconds 4] [--rounds 2] [--parts networks agents looks]
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
from lab.bench_vision import PLAIN
from lab.registry import recipe

CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--parts", nargs="+", default=["networks", "agents", "looks"], choices=["networks", "agents", "looks"])
    options = parser.parse_args()
    place = devices.resolve(options.device)
    figures: dict[str, Any] = {"device": devices.describe(place), "host": devices.describe(CPU)}

    def note(**values: object) -> None:
        figures.update(values)
        print(values, flush=True)

    for name, (batch, make) in pairs(place).items():
        if "networks" not in options.parts:
            break
        ours, plain = make()
        rounds = [
            (speed(ours, batch, options.seconds, place), speed(as_pytorch_has_it(plain), batch, options.seconds, place))
            for _ in range(options.rounds)
        ]
        note(**{
            name: round(statistics.median(lab for lab, _ in rounds), 1), f"plain_{name}": round(statistics.median(p for _, p in rounds), 1),
            f"{name}_ratio": round(statistics.median(lab / p for lab, p in rounds), 2),
        })  # fmt: skip
    for name, bench in (("dqn", bench_dqn), ("pqn", bench_pqn)):
        if "agents" not in options.parts:
            break
        sps = bench(options.device)["sps"]
        note(**{f"{name}_steps_per_s": sps})
        on_cpu = bench("cpu")["sps"]
        note(**{f"{name}_cpu_steps_per_s": on_cpu, f"{name}_over_cpu": round(sps / on_cpu, 2)})
    for name in ("dcgan", "vae") if "looks" in options.parts else ():
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


Step = Callable[[], object]


def pairs(place: torch.device) -> dict[str, tuple[int, Callable[[], tuple[Step, Step]]]]:
    """Name -> (examples of a step, what makes the lab's step and the plain loop's)."""
    return {
        "vae_images_per_s": (128, lambda: (ours("vae", place, size=28), on_noise(plain_generative.vae(place), 128, 28, place))),
        "dcgan_images_per_s": (
            64, lambda: (ours("dcgan", place, size=64, features=64, r1=0), on_noise(plain_generative.dcgan(device=place), 64, 64, place))
        ),
        "cyclegan256_images_per_s": (1, lambda: translating("cyclegan-256", translate.plain_cyclegan, place)),
        "pix2pix256_images_per_s": (1, lambda: translating("pix2pix-256", translate.plain_pix2pix, place)),
        "gpt_tokens_per_s": (12 * 64, lambda: (ours("gpt", place, validate_every=0), plain_gpt(place))),
        "resnet18_images_per_s": (
            64, lambda: (ours("classify", place, network="resnet18", size=32, colours="rgb", batch_size=64, **PLAIN), plain_resnet(place))
        ),
    }  # fmt: skip


def ours(name: str, place: torch.device, **settings: object) -> Step:
    entry = recipe(name)
    config = entry.config_class()
    fields = {key: value for key, value in {"quality_every": 0, "validation": 0.0, **settings}.items() if key in config.model_fields}
    return entry.experiment_class()(config.parse(fields), place).step


def translating(name: str, plain: Callable[[Any, tuple[Tensor, Tensor]], Step], place: torch.device) -> tuple[Step, Step]:
    """The steps of an image translation at 256 pixels, and of its plain loop on the same pictures."""
    entry = recipe(name)
    config = entry.config_class().parse({"data": "atari", ("game" if name.startswith("cyclegan") else "games"): "pong", "frames": 64})
    experiment = entry.experiment_class()(config, place)
    data = experiment.domains("train")
    a, b = (part.images[:64, :, : config.size, : config.size].to(place) for part in (data.a, data.b))
    experiment.lapse.every = 10**9  # The film is kept every few steps later on; in the first ones it would be at each.
    return experiment.step, plain(config, (a, b))


def on_noise(step: Callable[[Tensor], float], batch: int, size: int, place: torch.device) -> Step:
    images = torch.rand(batch, 1, size, size, device=place)
    return lambda: step(images)


def plain_gpt(place: torch.device) -> Step:
    context, batch, vocabulary = 64, 12, 96
    data = torch.randint(vocabulary, (100_000,), device=place)
    net = models.build("gpt", vocabulary=vocabulary, context=context).to(place)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.1)
    places = torch.arange(context, device=place)

    def step() -> float:
        rows = torch.randint(len(data) - context - 1, (batch, 1), device=place) + places
        logits, _ = net(data[rows])
        loss = F.cross_entropy(logits.flatten(0, 1), data[rows + 1].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def plain_resnet(place: torch.device) -> Step:
    net = models.build("resnet18", classes=10, channels=3, size=32).to(place)
    images, labels = torch.rand(64, 3, 32, 32, device=place), torch.randint(10, (64,), device=place)
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
