"""The speed of the generative recipes on this machine: training, and the latent space under the hand. `lab bench generate`.

Read first: `bench_generate`. The networks and batches are those of the loops that a PyTorch user writes first
(`benchmarks/plain_generative.py`); the images are noise of the same shape, as what they show does not change the speed.
"""

import copy
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lab import device as devices
from lab.cores import threads_for
from lab.data.catalogue import DIGITS
from lab.data.images import LabelledImages
from lab.registry import recipe
from models.generative.denoising_unet import DenoisingUNet

TRAIN_SECONDS = 8.0
DRAG_SECONDS = 10.0
WALK_SECONDS = 8.0
ROUNDS = 3
FRAMES_PER_SECOND = 30


def bench_generate(device: str = "auto") -> dict[str, Any]:
    """Images per second of `vae` (784-400-20, batch 128) and `dcgan` (64 px, 64 features, batch 64); the time from a drag to
    its picture while the default `dcgan` trains; its training speed while a walk plays at 30 frames/s, as a share of that
    without one. The same of `vae`, `gan`, `r3gan`, `stylegan`, `flow` and `meanflow` ("one_step"), their names in front.
    `flow_ratio`: images per second of the default `flow` over those of its network in a plain loop, in turns."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    figures: dict[str, Any] = {
        "vae_images_per_s": round(training_speed("vae", {"size": 28}, place), 1),
        "dcgan_images_per_s": round(training_speed("dcgan", {"size": 64, "channels": 1, "features": 64, "r1": 0}, place), 1),
    }
    rounds = [(training_speed("flow", {"quality_every": 0}, place, 4.0), plain_flow_speed(place, 4.0)) for _ in range(ROUNDS)]
    figures["flow_images_per_s"] = round(float(np.median([ours for ours, _ in rounds])), 1)
    figures["flow_ratio"] = round(float(np.median([ours / plain for ours, plain in rounds])), 2)
    for name in ("dcgan", "vae", "gan", "r3gan", "stylegan", "flow", "meanflow"):
        speeds, shown = latent_speed(name, device), {"dcgan": "", "meanflow": "one_step_"}.get(name, f"{name}_")
        figures |= {f"{shown}{key}": value for key, value in speeds.items()}
    return figures


def plain_flow_speed(place: torch.device, seconds: float) -> float:
    """Images per second of the default flow's network in a plain loop: eager, float32, PyTorch's layout, Adam, an average parameter by parameter."""
    config: Any = recipe("flow").config_class()()
    net = DenoisingUNet(1, 28, config.features, 10).to(place)
    average, adam = copy.deepcopy(net), torch.optim.Adam(net.parameters(), config.learning_rate)
    images, labels = torch.rand(8500, 1, 28, 28, device=place) * 2 - 1, torch.randint(10, (8500,), device=place)

    def step() -> None:
        rows = torch.randint(len(images), (config.batch_size,), device=place)
        x, noise, t = images[rows], torch.randn(config.batch_size, 1, 28, 28, device=place), torch.rand(config.batch_size, device=place)
        at = t[:, None, None, None]
        loss = (net((1 - at) * noise + at * x, t, labels[rows]) - (x - noise)).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():
            for mine, theirs in zip(average.parameters(), net.parameters(), strict=True):
                mine.lerp_(theirs, 0.001)

    for _ in range(3):
        step()
    devices.finish(place)
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        steps += 1
    devices.finish(place)
    return steps * config.batch_size / (time.perf_counter() - start)


def training_speed(name: str, settings: dict[str, Any], place: torch.device, seconds: float = TRAIN_SECONDS) -> float:
    """Training images per second, after some steps to warm up."""
    entry = recipe(name)
    experiment = entry.experiment_class()(entry.config_class().parse(settings), place)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8500, *experiment.feed.shape), dtype=torch.uint8, generator=generator).to(place)
    labelled = LabelledImages(images, torch.zeros(len(images), dtype=torch.long, device=place), DIGITS)
    experiment.feed.images.loaded |= {"train": labelled, "test": labelled}
    for _ in range(5):
        experiment.step()
    devices.finish(place)
    done, start = experiment.steps, time.perf_counter()
    while time.perf_counter() - start < seconds:
        experiment.step()
        if place.type == "cuda" and experiment.steps % 20 == 0:
            devices.finish(place)  # Otherwise the queue of the GPU would hide what a step takes.
    devices.finish(place)
    return (experiment.steps - done) * experiment.config.batch_size / (time.perf_counter() - start)


def latent_speed(name: str, device: str) -> dict[str, float]:
    """`drag_p95_ms`, `walk_speed_ratio` and `walk_fps` of a recipe with its default settings, through a session."""
    before = os.environ.get("LAB_RUNS")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LAB_RUNS"] = folder
        from lab.api import new_session

        session = new_session(name, {"quality_every": 0}, steps=10**9, device=device, run=Path(folder) / "run")
        try:
            session.start()
            while session.experiment.progress().done < 30 and session.error is None:
                time.sleep(0.02)
            if session.error is not None:
                raise session.error
            drags = drag(session, DRAG_SECONDS)
            ratios, frames = [], []
            for _ in range(ROUNDS):
                alone = speed(session, WALK_SECONDS / ROUNDS)
                stop = threading.Event()
                shown: list[float] = []
                player = threading.Thread(target=autoplay, args=(session, stop, shown))
                player.start()
                beside = speed(session, WALK_SECONDS / ROUNDS)
                stop.set()
                player.join()
                ratios.append(beside / max(alone, 1e-9))
                frames.append(len(shown) / (WALK_SECONDS / ROUNDS))
        finally:
            session.close()
            os.environ.pop("LAB_RUNS") if before is None else os.environ.update(LAB_RUNS=before)
    return {
        "drag_p95_ms": round(float(np.percentile(drags, 95)), 1), "drag_median_ms": round(float(np.median(drags)), 1),
        "walk_speed_ratio": round(float(np.median(ratios)), 3), "walk_fps": round(float(np.median(frames)), 1),
    }  # fmt: skip


def drag(session: Any, seconds: float) -> list[float]:
    """Milliseconds from asking for the picture at a point of the square until it is there to be shown; 60 asks a second at most,
    as a screen makes them, each after the one before is answered."""
    taken = []
    start = time.perf_counter()
    number = 0
    while time.perf_counter() - start < seconds:
        asked = time.perf_counter()
        u, v = 0.5 + 0.5 * np.sin(0.11 * number), 0.5 + 0.5 * np.cos(0.07 * number)
        session.ask("square", anchors="0,1,2,3", u=float(u), v=float(v)).result(timeout=30).picture()
        taken.append(1000 * (time.perf_counter() - asked))
        number += 1
        time.sleep(max(0.0, asked + 1 / 60 - time.perf_counter()))
    return taken


def autoplay(session: Any, stop: threading.Event, shown: list[float]) -> None:
    """Ask for the frames of a walk at 30 a second; a frame that is late is replaced by the next, as in the app."""
    futures = []
    number = 0
    start = time.perf_counter()
    while not stop.is_set():
        futures.append(session.ask("walk", anchors="0,1,2,3", t=(number / 120) % 1))
        number += 1
        stop.wait(max(0.0, start + number / FRAMES_PER_SECOND - time.perf_counter()))
    for future in futures:
        if future.done() and not future.cancelled() and future.exception() is None:
            shown.append(future.result().picture().mean())


def speed(session: Any, seconds: float) -> float:
    """Steps per second of a session that trains."""
    done, start = session.experiment.progress().done, time.perf_counter()
    time.sleep(seconds)
    return (session.experiment.progress().done - done) / (time.perf_counter() - start)
