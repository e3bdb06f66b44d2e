"""Signs of trouble in the training of generative models, each with what to try: a plain sentence in the log and on screen.

Running averages stay on the device; they are read only when somebody looks, and every `CHECK_EVERY` steps.
"""

import logging
import textwrap
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lab.answers import Text

log = logging.getLogger("lab.recipes")

CHECK_EVERY = 500
MEMORY = 0.98
"""Decay of the running averages: they reach back about 50 steps."""
LONG_MEMORY = dict.fromkeys(("d_accuracy", "d_fake_accuracy"), 1 - 1 / CHECK_EVERY)
"""Decays of those that reach back about `CHECK_EVERY` steps: a healthy D is ahead for some hundred steps, most of all at the beginning."""

ADVICE = {
    "collapse": "Mode collapse: the samples differ from each other only {value:.0%} as much as real images do. Try a lower --g-learning-rate, a higher --r1 or --spectral-norm; wgan-gp is the least prone to it.",
    "dead_d": "D has won: it tells {value:.0%} of real and generated images apart, so G learns little. Try a lower --d-learning-rate, --label-smoothing 0.1, a higher --r1 or --spectral-norm.",
    "weak_d": "D is guessing: it gets {value:.0%} right. Where the samples look real G has won, and training can stop; else G's loss is uninformative: try a higher --d-learning-rate or --d-steps 2.",
    "no_gradient": "G's gradient vanishes (norm {value:.1e}). Try --loss non-saturating, or a lower --d-learning-rate.",
    "posterior_collapse": "Posterior collapse: z carries {value:.2f} nats per image, so the decoder ignores it. Try a lower --beta, a --beta-warmup of 2000 or more, or a smaller decoder.",
    "dead_code": "The code hardly varies between images (deviation {value:.1e}). Try a lower --sparsity or --learning-rate.",
    "not_finite": "A value is NaN or infinite ({value}). Lower the learning rate, or train with --precision fp32.",
}
"""A sentence for each sign, with its value."""


class Diagnosis:
    """Running averages of named values and the warnings that follow from them, in the sentences of `advice` (as `ADVICE`)."""

    def __init__(self, device: torch.device, advice: Mapping[str, str] = ADVICE):
        self.device, self.advice = device, advice
        self.averages: dict[str, Tensor] = {}
        self.seen: dict[str, int] = {}
        """How many values each average has taken in."""
        self.told: set[str] = set()

    @torch.no_grad()
    def see(self, **values: Tensor) -> None:
        """Update the averages with one step's 0-d tensors. Until they reach back as far as they should they are plain means."""
        by_share = dict[float, list[str]]()
        for name, value in values.items():
            self.seen[name] = self.seen.get(name, 0) + 1
            if name in self.averages:
                by_share.setdefault(max(1 - LONG_MEMORY.get(name, MEMORY), 1 / self.seen[name]), []).append(name)
            else:
                self.averages[name] = value.detach().float().clone()
        for share, names in by_share.items():
            torch._foreach_lerp_([self.averages[name] for name in names], [values[name].detach().float() for name in names], share)

    def read(self) -> dict[str, float]:
        """The averages as numbers. Waits for the device."""
        return {name: float(value) for name, value in self.averages.items()}

    def warnings(self, diversity: float | None = None) -> dict[str, str]:
        """The sentences that hold now, by the name of the sign. `diversity` is the samples' spread as a share of the data's; a lack of it
        is told of after `CHECK_EVERY` steps of a D: untrained, G draws nearly the same for every z, and a VAE has signs of its own.
        So is D's accuracy: at the beginning any D tells G's noise apart."""
        signs: dict[str, float] = {}
        values = self.read()
        bad = [name for name, value in values.items() if value != value or abs(value) == float("inf")]
        if bad:
            return {"not_finite": self.advice["not_finite"].format(value=bad[0])}
        if max(self.seen.values(), default=0) < 100:
            return {}
        if self.seen.get("d_accuracy", 0) >= CHECK_EVERY:
            if values["d_accuracy"] > 0.99:
                signs["dead_d"] = values["d_accuracy"]
            elif values["d_accuracy"] < 0.52 and "d_fake_accuracy" in values and values["d_fake_accuracy"] < 0.55:
                signs["weak_d"] = values["d_accuracy"]
        if values.get("g_gradient", 1.0) < 1e-6:
            signs["no_gradient"] = values["g_gradient"]
        if values.get("kl", 1.0) < 0.1:
            signs["posterior_collapse"] = values["kl"]
        if values.get("code_deviation", 1.0) < 1e-3:
            signs["dead_code"] = values["code_deviation"]
        if diversity is not None and diversity < 0.35 and self.seen.get("d_loss", 0) >= CHECK_EVERY:
            signs["collapse"] = diversity
        return {name: self.advice[name].format(value=value) for name, value in signs.items()}

    def tell(self, warnings: dict[str, str], step: int) -> None:
        """Log each warning when it appears, not again while it lasts."""
        for name, text in warnings.items():
            if name not in self.told:
                log.warning("step %d: %s", step, text)
        self.told = set(warnings)

    def state(self) -> dict[str, Any]:
        return {"averages": {name: value.clone() for name, value in self.averages.items()}, "seen": dict(self.seen)}

    def restore(self, state: dict[str, Any]) -> None:
        self.averages = {name: value.to(self.device, copy=True) for name, value in state["averages"].items()}
        seen = state["seen"]  # Older runs stored one number for all of them.
        self.seen = dict.fromkeys(self.averages, seen) if isinstance(seen, int) else dict(seen)


def shown(warnings: dict[str, str]) -> Text:
    """The sentences one below the other, for the view `warnings`."""
    if not warnings:
        return Text("No problems detected.", nothing=True)
    return Text("\n\n".join(textwrap.fill(text, 90) for text in warnings.values()))


def spread(images: Tensor) -> Tensor:
    """The mean distance between images (N, C, H, W) or points (N, d) that follow each other, a 0-d tensor: how much they differ."""
    flat = images.flatten(1).float()
    return (flat - flat.roll(1, 0)).norm(dim=1).mean()
