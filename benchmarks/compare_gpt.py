"""The lab's GPT training and a plain loop of the same network, measured in turns in the same minutes; the ratio counts.

python benchmarks/compare_gpt.py [--rounds 3]
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from document import document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios, cpu_ratios, caches = [], [], []
    for number in range(options.rounds):
        lab = document([sys.executable, "-m", "lab.cli", "bench", "sequences", "--json"])
        plain = document([sys.executable, str(Path(__file__).parent / "plain_gpt.py")])
        ratios.append(lab["gpt_tokens_per_s"] / plain["tokens_per_s"])
        cpu_ratios.append(lab["gpt_tokens_per_cpu_s"] / plain["tokens_per_cpu_s"])
        caches.append(lab["cache_ratio"])
        print(
            f"round {number + 1}: lab {lab['gpt_tokens_per_s']:,.0f} tokens/s, plain {plain['tokens_per_s']:,.0f} tokens/s, "
            f"ratio {ratios[-1]:.2f} (per processor second {cpu_ratios[-1]:.2f}); the cache is {caches[-1]:.1f} times faster",
            flush=True,
        )
    medians = {"ratio": ratios, "cpu_ratio": cpu_ratios, "cache_ratio": caches}
    print(json.dumps({"gpt": {name: round(statistics.median(values), 2) for name, values in medians.items()}}))


if __name__ == "__main__":
    main()
