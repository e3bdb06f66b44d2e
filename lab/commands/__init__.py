"""The commands of the command line, a file each with its `main(arguments)`, which gives the exit code.

A command's file is imported when it is called, so that `lab --help` loads none of them.
"""

COMMANDS = {
    "gui": "Open the desktop app (the same as `lab` alone).",
    "list": "Recipes, data sets, games, networks, shipped agents and example runs.",
    "train": "Train a recipe into a new run folder.",
    "resume": "Continue a run from its newest good checkpoint, bit for bit.",
    "eval": "Evaluate a run or a shipped agent on held-out episodes or data.",
    "watch": "Watch an agent play, in a window or into a video file.",
    "dream": "Play inside a learned world, beside the real game.",
    "export": "Write an agent into one file, or any network as ONNX, TorchScript or safetensors.",
    "import": "Keep an agent's file, also of CleanRL or Stable-Baselines3, so that it is listed.",
    "show": "Save a view of a run (images, curves, tables) as a picture, film or data file.",
    "runs": "The runs on disk with their status, metrics and settings; sorted and filtered.",
    "suite": "Train one agent a game with the same settings, and report their scores.",
    "sweep": "Train a recipe with many settings, by grid or by search, and say which are best.",
    "queue": "Trainings that start when the one before has ended.",
    "tag": "Tags, a note and a star of a run.",
    "free": "Free disk space by deleting the older checkpoints of runs; asks first.",
    "bench": "Speed figures of this machine.",
    "selfcheck": "Whether everything works on a device: every recipe, exact resume, live views, a full memory, speed.",
}
