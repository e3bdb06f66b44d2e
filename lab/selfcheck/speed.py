"""How fast the device trains: the lab's own benches, then the pace of single recipes with the settings that a person gets."""

import time
from typing import Any

import torch

from lab import registry
from lab.selfcheck.check import Check

BENCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "dqn": ("agents.bench:bench_dqn", {"steps": 3_000}),
    "pqn": ("agents.bench:bench_pqn", {"steps": 12_288}),
    "sequences": ("lab.bench_sequences:bench_sequences", {}),
    "vision": ("lab.bench_vision:bench_vision", {}),
}
"""The functions of `lab bench` that need no screen, and how long they measure here."""
DIGITS: dict[str, Any] = {"data": "digits", "quality_every": 0}
PACES: dict[str, tuple[str, dict[str, Any]]] = {
    "dqn, 8 games": ("dqn", {"envs": 8, "replay_capacity": 50_000, "learning_starts": 2_000}),
    "dqn, 32 games": ("dqn", {"envs": 32, "replay_capacity": 50_000, "learning_starts": 2_000}),
    "dqn-fast": ("dqn-fast", {"replay_capacity": 50_000, "learning_starts": 2_000}),
    "vae": ("vae", {**DIGITS, "size": 28}),
    "dcgan": ("dcgan", {**DIGITS, "size": 64, "channels": 1, "features": 64, "r1": 0}),
    "flow": ("flow", {**DIGITS, "size": 28}),
    "cyclegan": ("cyclegan", {"data": "digits"}),
    "cyclegan-256": ("cyclegan-256", {"data": "digits"}),
    "pix2pix": ("pix2pix", {"data": "digits"}),
    "pix2pix-256": ("pix2pix-256", {"data": "digits", "task": "half"}),
    "gpt": ("gpt", {"validate_every": 0}),
    "gpt, 124 million": (
        "gpt", {"validate_every": 0, "width": 768, "layers": 12, "heads": 12, "context": 512, "batch_size": 32},
    ),
    "resnet18": ("classify", {"data": "digits", "network": "resnet18", "size": 32, "colours": "rgb", "validation": 0.0}),
}  # fmt: skip
"""Recipes with their default settings, on data that every installation has."""
FOR_A_GPU = ("cyclegan-256", "gpt, 124 million")
"""The first step of these takes two cores half a minute or more: all the time of the section."""
WARMUP_SECONDS, SECONDS, SLOW_MS = 4.0, 1.5, 60.0


def check_speed(check: Check) -> dict[str, Any]:
    """Figures, none of which fails: how fast is fast enough depends on the machine."""
    paces = [name for name in PACES if check.device.type != "cpu" or name not in FOR_A_GPU]
    for name in check.in_time(["drag", *paces, *BENCHES]):
        with check.case(name) as values:
            if name == "drag":
                values |= drag(check)
            elif name in BENCHES:
                path, options = BENCHES[name]
                values |= registry.load(path)(str(check.device), **options)
            else:
                values |= pace(check, *PACES[name])
    return {}


def drag(check: Check) -> dict[str, Any]:
    """Milliseconds from asking a DCGAN that trains for the picture at a point until it is there."""
    from lab.bench_generate import drag as taken
    from lab.selfcheck.sessions import reach, session_of

    session = session_of(check, "dcgan", size=28, features=64, batch_size=64)
    session.start()
    try:
        reach(check, [session], 30)
        times = torch.tensor(taken(session, 2.0))
        return {"drag_median_ms": round(float(times.median()), 1), "drag_p95_ms": round(float(times.quantile(0.95)), 1)}
    finally:
        session.close()


def pace(check: Check, recipe: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Units of progress per second and milliseconds of a step; on a GPU also how long it works for one, and in how many kernels."""
    entry = registry.recipe(recipe)
    experiment: Any = entry.experiment_class()(entry.config_class().parse(fields), check.device)
    try:
        until = time.perf_counter() + WARMUP_SECONDS
        while (experiment.updates if entry.is_agent else experiment.steps) < 20 and time.perf_counter() < until:
            experiment.step()
        check.finish()
        begin, steps, start = experiment.progress().done, 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            experiment.step()
            steps += 1
        check.finish()
        seconds = time.perf_counter() - start
        figures = {
            "per_s": round((experiment.progress().done - begin) / seconds, 1), "unit": experiment.unit, "step_ms": round(1000 * seconds / steps, 3),
        }  # fmt: skip
        if not entry.is_agent:
            figures["examples_per_s"] = round(steps * getattr(experiment.config, "batch_size", 1) / seconds, 1)
        return figures | (kernels(check, experiment, 1000 * seconds / steps) if check.cuda else {})
    finally:
        experiment.close()


def kernels(check: Check, experiment: Any, step_ms: float, steps: int = 3) -> dict[str, Any]:
    """What a step is on the GPU, by PyTorch's profiler."""
    if step_ms > SLOW_MS:
        return {}  # The profiler would need as much again as it all took.
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as record:
        for _ in range(steps):
            experiment.step()
        check.finish()
    events = [event for event in record.key_averages() if event.self_device_time_total > 0]
    busy = sum(event.self_device_time_total for event in events) / steps / 1000
    return {
        "gpu_ms": round(busy, 3), "gpu_share": round(busy / step_ms, 3), "kernels": round(sum(event.count for event in events) / steps, 1),
        "peak_gb": round(torch.cuda.max_memory_allocated(check.device) / 1e9, 2),
    }  # fmt: skip
