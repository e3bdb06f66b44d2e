"""Make the runs that the panels open on a fresh start: `python scripts/ship_examples.py [NAME ...] [--runs DIR]`.

Each is trained with one thread, which takes from seconds to some minutes (the dream an hour), and then written into lab/examples/ with weights of half
precision, whose figures have to be as good as the run's own. With --runs, a run that has been trained in DIR/NAME before is taken from there.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # What the machine has does not decide what is shipped.

import torch

import lab
from lab.checkpoint import serving_weights
from lab.errors import LabError
from lab.log import show_on_stderr
from lab.run import Run
from lab.shipping import in_half, write

EXAMPLES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "vae-mnist": ("vae", 6_000, {"data": "mnist-5k", "architecture": "conv", "features": 24, "latent": 8}),
    "cgan-mnist": ("cgan", 2_500, {"data": "mnist-5k", "features": 24, "latent": 32}),
    "lenet5-mnist": ("classify", 1_500, {"data": "mnist-5k"}),
    "gpt-pydocs": ("gpt", 2_000, {"width": 96, "layers": 3}),
    "seq2seq-dates": ("seq2seq", 1_000, {"hidden": 64, "width": 48, "decay_steps": 1_000}),
    "tag-stdlib": ("tag", 400, {"hidden": 48}),
    "pong-dream": ("dream", 1_797, {"frames": 64_000, "batch_size": 128, "learning_rate_end": 0.02, "learning_rate_steps": 1_797}),
    "breakout-dream": (
        "dream",
        1_806,
        {"game": "breakout", "frames": 40_000, "batch_size": 128, "learning_rate_end": 0.02, "learning_rate_steps": 1_806},
    ),
}
"""The recipe, the steps and the settings of each; the first of a panel is the one that it opens."""
ROWS = 150
"""At most so many rows of each kind are kept of the metrics: enough for a curve."""
WORSE = 0.02
"""By how much of itself a figure may change with weights of half precision."""
FIGURES = ("accuracy", "loss", "conditional_accuracy", "one_step_ratio")


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", metavar="NAME", help=f"all of them unless given: {', '.join(EXAMPLES)}")
    p.add_argument("--runs", type=Path, help="where the runs are trained; a temporary folder unless given")
    options = p.parse_args()
    show_on_stderr()
    root = Path(__file__).resolve().parent.parent / "lab" / "examples"
    with tempfile.TemporaryDirectory() as temporary:
        runs = options.runs or Path(temporary)
        for name in options.names or EXAMPLES:
            recipe, steps, fields = EXAMPLES[name]
            stored = (runs / name / "config.json").exists()
            run = Run(runs / name) if stored else lab.train(recipe, steps=steps, device="cpu", run=runs / name, **fields)
            figures = ship(run, root / name)
            size = sum(file.stat().st_size for file in (root / name).iterdir()) / 1e3
            print(f"{name}: {size:.0f} kB, {', '.join(f'{key} {figures[key]:.4g}' for key in FIGURES if key in figures)}")
    return 0


def ship(run: Run, folder: Path) -> dict[str, Any]:
    """Write a run's newest weights into `folder`; their figures. Raises LabError where halved weights do worse than the run's own."""
    experiment = run.experiment("cpu", serving_only=True)
    net = experiment.serving()
    halved = in_half(net, serving_weights(net), torch.float16)
    experiment.close()
    own = run.evaluate("cpu")
    write(run, folder, halved, {}, ROWS)
    figures = Run(folder).evaluate("cpu")
    for name in FIGURES:
        if name in own and abs(figures[name] - own[name]) > WORSE * abs(own[name]):
            raise LabError(f"{run.name} does worse with weights of half precision: {name} {figures[name]:g} in place of {own[name]:g}.")
    write(run, folder, halved, figures, ROWS)
    return figures


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"ship_examples: {error}")
