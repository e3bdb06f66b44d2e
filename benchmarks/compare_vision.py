"""ResNet-18's training speed in the lab and in the plain loop, measured in turns in the same minutes; pairs are compared.

python benchmarks/compare_vision.py [--rounds 3] [--steps 8]
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from document import document

LAB = """
import json, sys, torch
from lab.cores import cores
from lab.bench_vision import PLAIN, training
from lab.recipes.vision.classify_config import ClassifyConfig
torch.set_num_threads(cores())
config = ClassifyConfig.parse({"network": "resnet18", "size": 32, "colours": "rgb", **PLAIN})
print(json.dumps(training(config, torch.device("cpu"), int(sys.argv[1]), 2)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    plain = [sys.executable, str(Path(__file__).parent / "plain_vision.py"), "--steps", str(options.steps)]
    ratios: dict[str, list[float]] = {"images_per_s": [], "images_per_cpu_s": []}
    for number in range(options.rounds):
        ours, theirs = document([sys.executable, "-c", LAB, str(options.steps)]), document(plain)
        for name, values in ratios.items():
            values.append(ours[name] / theirs[name])
        print(
            f"round {number + 1}: lab {ours['images_per_s']} images/s, plain loop {theirs['images_per_s']}, ratio {ratios['images_per_s'][-1]:.2f}"
            f" (by processor time {ratios['images_per_cpu_s'][-1]:.2f})",
            flush=True,
        )
    print(
        json.dumps(
            {
                "resnet18_ratio": round(statistics.median(ratios["images_per_s"]), 2),
                "by_cpu_time": round(statistics.median(ratios["images_per_cpu_s"]), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
