"""The Vision panel: image classifiers on any labelled images, and what is inside them while they learn."""

from typing import ClassVar

from gui.actions import Action
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.vision.worked_examples import WorkedExamples
from gui.widgets.transport import MENU

EXAMPLES = Action(
    "examples", "Worked examples…", "Backpropagation and convolution step by step, with numbers",
    lambda panel: panel.show_worked_examples(), "Ctrl+J", MENU,
)  # fmt: skip


class VisionPanel(TrainingPanel):
    """Trains the recipes of the family Vision."""

    name = "Vision"
    family = "Vision"
    first_recipe = "classify"
    whole: ClassVar[bool] = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (*TrainingPanel.ACTIONS, EXAMPLES)
    empty_text = (
        "No run is open.\n\nPress Train (Ctrl+R): LeNet-5 learns handwritten digits within a minute. Then draw a digit "
        "and watch the network classify it.\n\nNew to this? See Training > Worked examples (Ctrl+J)."
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.worked_examples: WorkedExamples | None = None

    def show_worked_examples(self) -> None:
        """Open the worked examples in a window of their own."""
        if self.worked_examples is None:
            self.worked_examples = WorkedExamples(self)
        self.worked_examples.show()
        self.worked_examples.raise_()

    def shut(self) -> None:
        super().shut()
        if self.worked_examples is not None:
            self.worked_examples.close()
            self.worked_examples = None
