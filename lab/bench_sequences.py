"""The speed of the networks for sequences on this machine: GPT training, and generation with its cache and without."""

import time
from typing import Any

import torch

from lab import device as devices
from lab.cores import threads_for
from lab.recipes.sequence.gpt import GPT
from lab.recipes.sequence.gpt_config import GPTConfig
from models.sequence import gpt as network


def bench_sequences(device: str = "auto", steps: int = 200, warmup: int = 20) -> dict[str, Any]:
    """Tokens per second of `gpt` as it is by default, and how many times faster 256 tokens are written with the cache."""
    place = devices.resolve(device)
    torch.set_num_threads(threads_for(place))
    experiment = GPT(GPTConfig(validate_every=0), place)
    for _ in range(warmup):
        loss = experiment.step()["losses/train"]
    float(loss)
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        loss = experiment.step()["losses/train"]
    float(loss)  # Reading it also waits for a GPU to finish.
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    config = experiment.config
    tokens = steps * config.batch_size * config.context
    with_cache, without = generation_seconds(place)
    return {
        "gpt_tokens_per_s": round(tokens / seconds, 1), "gpt_tokens_per_cpu_s": round(tokens / cpu, 1),
        "generate_tokens_per_s": round(256 / with_cache, 1), "cache_ratio": round(without / with_cache, 2),
        "parameters": experiment.parameter_count, "precision": str(experiment.dtype).removeprefix("torch."),
        "device": devices.describe(place), "threads": torch.get_num_threads(),
    }  # fmt: skip


def generation_seconds(place: torch.device, length: int = 256, rounds: int = 3) -> tuple[float, float]:
    """The fastest of `rounds` generations of `length` tokens by a network that sees them all, with the cache and without."""
    net = network.GPT(65, length).to(place).eval()
    prompt = torch.zeros(1, dtype=torch.long, device=place)
    best = {True: float("inf"), False: float("inf")}
    for _ in range(rounds):
        for cache in best:
            start = time.perf_counter()
            network.generate(net, prompt, length - 1, temperature=0.0, cache=cache)
            best[cache] = min(best[cache], time.perf_counter() - start)
    return best[True], best[False]
