"""The lab's speed and its peers', measured in turns in the same minutes; the ratio pair by pair is what counts.

    python benchmarks/compare.py --peer PYTHON [--rounds 3] [--only dqn|pqn|generate]
PYTHON is an interpreter with the packages of peer-requirements.txt (`make bench` makes one); dqn and pqn need it.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

from document import document

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True, help="a Python that has stable-baselines3 and EnvPool")
    parser.add_argument("--rounds", type=int, default=3)
    comparisons = {"dqn": dqn, "pqn": pqn, "generate": generate}
    parser.add_argument("--only", choices=list(comparisons))
    options = parser.parse_args()
    ratios = {name: compare(options) for name, compare in comparisons.items() if options.only in (None, name)}
    print(json.dumps(ratios))


def dqn(options: argparse.Namespace) -> dict[str, object]:
    """Agent steps per second beside Stable-Baselines3's."""
    lab = [sys.executable, "-m", "lab.cli", "bench", "dqn", "--json"]
    peer = [options.peer, str(HERE / "sb3_dqn.py")]
    pairs = []
    for number in range(options.rounds):
        ours, theirs = document(lab)["sps"], document(peer)["sps"]
        pairs.append((ours, theirs))
        print(f"round {number + 1}: lab {ours:.1f} steps/s, stable-baselines3 {theirs:.1f} steps/s, ratio {ours / theirs:.2f}", flush=True)
    ratios = [ours / theirs for ours, theirs in pairs]
    return {"lab_sps": [o for o, _ in pairs], "sb3_sps": [t for _, t in pairs], "ratio": round(statistics.median(ratios), 2)}


def pqn(options: argparse.Namespace) -> dict[str, object]:
    """Agent steps per second beside those of a plain loop of the same algorithm, and beside the lab's own `dqn`."""
    lab = {name: [sys.executable, "-m", "lab.cli", "bench", name, "--json"] for name in ("pqn", "dqn")}
    peer = [options.peer, str(HERE / "plain_pqn.py")]
    rounds = []
    for number in range(options.rounds):
        ours, theirs, others = (document(command)["sps"] for command in (lab["pqn"], peer, lab["dqn"]))
        rounds.append((ours, theirs, others))
        print(
            f"round {number + 1}: pqn {ours:.1f} steps/s, plain loop {theirs:.1f}, ratio {ours / theirs:.2f}; dqn {others:.1f}, "
            f"ratio {ours / others:.2f}", flush=True,
        )  # fmt: skip
    columns = [list(column) for column in zip(*rounds, strict=True)]
    return {
        "lab_sps": columns[0], "plain_sps": columns[1], "dqn_sps": columns[2],
        "ratio": round(statistics.median(ours / theirs for ours, theirs, _ in rounds), 2),
        "dqn_ratio": round(statistics.median(ours / others for ours, _, others in rounds), 2),
    }  # fmt: skip


def generate(options: argparse.Namespace) -> dict[str, object]:
    """Training images per second of vae and dcgan beside the loops that one writes first."""
    lab = [sys.executable, "-m", "lab.cli", "bench", "generate", "--json"]
    rounds = []
    for number in range(options.rounds):
        ours = document(lab)
        ratios = {}
        for model in ("vae", "dcgan"):
            theirs = document([sys.executable, str(HERE / "plain_generative.py"), model])["images_per_s"]
            ratios[model] = ours[f"{model}_images_per_s"] / theirs
            print(
                f"round {number + 1}: {model}: lab {ours[f'{model}_images_per_s']:.1f} images/s, plain loop {theirs:.1f}, "
                f"ratio {ratios[model]:.2f}", flush=True,
            )  # fmt: skip
        print(f"round {number + 1}: drag_p95_ms {ours['drag_p95_ms']}, walk_speed_ratio {ours['walk_speed_ratio']}", flush=True)
        rounds.append({**ours, **{f"{model}_ratio": round(ratio, 2) for model, ratio in ratios.items()}})
    medians = {f"{model}_ratio": statistics.median(r[f"{model}_ratio"] for r in rounds) for model in ("vae", "dcgan")}
    return {**medians, "rounds": rounds}


if __name__ == "__main__":
    main()
