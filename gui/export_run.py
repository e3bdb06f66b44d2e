"""Exporting a run's network from the app: ask for a file, write it and its card in the background, say where it is.

Read first: `ask_export`.
"""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from gui.actions import Action
from gui.panel import AppContext
from gui.widgets.save_dialog import ask_save_path
from gui.widgets.saved_note import tell_saved
from gui.widgets.transport import MENU
from lab.run import Run

FORMATS = {".onnx": "onnx", ".pt": "torchscript", ".safetensors": "safetensors"}
"""The ending of a file's name decides what is written."""
EXPORT = Action(
    "export", "Export network…", "Write the run's network as ONNX, TorchScript or safetensors, with a model card beside it",
    lambda panel: panel.export_network(), "Ctrl+Shift+X", MENU,
)  # fmt: skip


def ask_export(run: Run, context: AppContext, parent: QWidget) -> None:
    """Write a run's network into a file that the user names; its card goes beside it."""
    path = ask_save_path(parent, f"Export the network of {run.name}", f"{run.name}.onnx", tuple(FORMATS))
    if path is None:
        return

    def write() -> Path:
        from lab.export import export

        return export(run, FORMATS[path.suffix.lower()], path)[0]

    context.say(f"Exporting {run.name} to {path.name}, and checking it…")
    context.background.submit(write, tell_saved, lambda error: context.report(str(error), ""), receiver=parent)
