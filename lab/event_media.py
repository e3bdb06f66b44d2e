"""What TensorBoard gets beside the scalars, at checkpoints only: the settings as text, histograms of the weights, the newest picture.

All of it is small, is computed from copies or from what the recipe keeps anyway, and changes nothing in the training.
"""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import torch

HISTOGRAMS = 24
"""The most tensors with a histogram: the largest ones."""
SAMPLE = 10_000
"""The most values of a tensor that are counted, evenly spread over it."""
BINS = 64
SIDE = 512
"""The longest side of a picture in pixels."""


def settings_text(recipe: str, config: dict[str, Any]) -> str:
    """The settings of a run as Markdown."""
    rows = [f"| {name} | {str(value).replace('|', chr(92) + '|')} |" for name, value in config.items()]
    return "\n".join([f"**{recipe}**", "", "| setting | value |", "|---|---|", *rows])


def samples(weights: "dict[str, torch.Tensor]") -> dict[str, np.ndarray]:
    """Values (N,) float32 of the largest floating-point tensors, in their order."""
    import torch

    floats = {name: tensor for name, tensor in weights.items() if tensor.is_floating_point() and tensor.numel() > 1}
    largest = set(sorted(floats, key=lambda name: -floats[name].numel())[:HISTOGRAMS])
    samples = {}
    for name in (name for name in floats if name in largest):
        flat = floats[name].detach().flatten()
        samples[name] = flat[:: -(-len(flat) // SAMPLE)].to("cpu", torch.float32).numpy()
    return samples


def histogram(values: np.ndarray) -> dict[str, Any]:
    """The fields of TensorBoard's HistogramProto; values that are not finite do not count."""
    values = values[np.isfinite(values)].astype(np.float64)
    if not len(values):
        values = np.zeros(1)
    counts, edges = np.histogram(values, BINS)
    return {
        "min": values.min(), "max": values.max(), "num": len(values), "sum": values.sum(), "sum_squares": np.square(values).sum(),
        "bucket_limit": edges[1:].tolist(), "bucket": counts.tolist(),
    }  # fmt: skip


def png(pixels: np.ndarray) -> tuple[bytes, int, int]:
    """A picture (H, W) or (H, W, 3) uint8 as PNG, no side longer than `SIDE`; its height and width."""
    picture = Image.fromarray(pixels).convert("RGB")
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue(), picture.height, picture.width
