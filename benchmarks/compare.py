"""The lab's speed and its peers', measured in turns in the same minutes; the ratio pair by pair is what counts.

    python benchmarks/compare.py --peer PYTHON [--rounds 3]
PYTHON is an interpreter with the packages of peer-requirements.txt (`make bench` makes one).
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def figure(command: list[str]) -> float:
    """`sps` of the JSON document that a command prints last."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return float(json.loads(done.stdout[done.stdout.index("{") :])["sps"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, help="a Python that has stable-baselines3")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lab = [sys.executable, "-m", "lab.cli", "bench", "dqn", "--json"]
    peer = [options.peer, str(HERE / "sb3_dqn.py")]
    pairs = []
    for number in range(options.rounds):
        ours, theirs = figure(lab), figure(peer)
        pairs.append((ours, theirs))
        print(f"round {number + 1}: lab {ours:.1f} steps/s, stable-baselines3 {theirs:.1f} steps/s, ratio {ours / theirs:.2f}", flush=True)
    ratios = [ours / theirs for ours, theirs in pairs]
    print(
        json.dumps(
            {"dqn": {"lab_sps": [o for o, _ in pairs], "sb3_sps": [t for _, t in pairs], "ratio": round(statistics.median(ratios), 2)}}
        )
    )


if __name__ == "__main__":
    main()
