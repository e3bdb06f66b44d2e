"""Make a shipped agent of a run, once it is at or above the human score: `python scripts/ship_agent.py RUN [--name pong-pqn]`.

It plays 30 episodes with the run's own weights and with halved ones, without and with sticky actions: some minutes.
"""

import argparse
import sys
from pathlib import Path

from agents.shipping import EPISODES, ship
from lab.errors import LabError
from lab.log import show_on_stderr
from lab.stored_runs import find


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run", help="a run, or a shipped agent to evaluate anew")
    p.add_argument("--name", help="the agent's name; the game's unless given")
    p.add_argument("--episodes", type=int, default=EPISODES)
    options = p.parse_args()
    show_on_stderr()
    run = find(options.run)
    folder = Path(__file__).resolve().parent.parent / "agents" / "pretrained" / (options.name or str(run.stored["subject"]))
    figures = ship(run, folder, options.episodes)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"{folder.name}: mean {figures['mean']:g}, sticky {figures['sticky_mean']:g}, human {figures['human']:g}; {size:.1f} MB")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"ship_agent: {error}")
