"""What a measuring command prints."""

import json
import subprocess
import sys


def document(command: list[str]) -> dict[str, float]:
    """The JSON document that a command prints last."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{") :])
