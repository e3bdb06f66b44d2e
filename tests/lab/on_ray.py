"""A Ray cluster on this machine, in a process of its own, for tests/lab/test_ray_trials.py: prints how a trial ended, as JSON.

`python on_ray.py killed|apart|unwanted FOLDER`: its node is killed in the middle, also where nodes share no storage, or it is pruned.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import ray
from ray._private.state import available_resources_per_node
from ray.cluster_utils import Cluster

from lab.ray_trials import OnRay
from lab.trial import Trial
from lab.trials import State, Trials

FIELDS = {"data": "digits", "size": 8, "hidden": "16", "latent": 2, "batch_size": 32, "quality_every": 0}
STEPS, PAST_A_CHECKPOINT = 12_000, 4_000


def main(kind: str, folder: Path) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    killed = kind != "unwanted"
    nodes = {node.node_id: node for node in (cluster.add_node(num_cpus=1) for _ in range(2 if killed else 1))}
    steps = STEPS if killed else 10**9
    trial = Trial("vae", FIELDS, {"sweep": "test", "trial": "000-s0"}, steps=steps, device="cpu", evaluation=None)
    trials = Trials([trial], folder / "logs", 1, place=OnRay(cluster.address, bring_back=kind == "apart"))
    reached = threading.Event()

    def heard(states: list[State]) -> None:
        (state,) = states
        if kind == "unwanted" and state.done > 0 and not state.pruned:
            trials.prune(state, "worse than others")
        if state.done > PAST_A_CHECKPOINT:
            reached.set()

    def kill() -> None:
        reached.wait()
        free = available_resources_per_node()
        busy = next(node for number, node in nodes.items() if not free[number].get("CPU"))
        cluster.remove_node(busy, allow_graceful=False)

    trials.on_news = heard
    killer = threading.Thread(target=kill, daemon=True)
    if killed:
        killer.start()
    (state,) = trials.run()
    ended: dict[str, Any] = {name: getattr(state, name) for name in ("status", "done", "attempts", "run")}
    print(json.dumps(ended), flush=True)
    ray.shutdown()
    cluster.shutdown()
    os._exit(0)  # Ray ends the process of a driver whose node was killed, with another code.


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
