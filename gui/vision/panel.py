"""The Vision panel: image classifiers on any labelled images, and what is inside them while they learn."""

from typing import ClassVar

from gui.actions import Action
from gui.page_tabs import LEAST
from gui.panel import AppContext
from gui.training_panel import TrainingPanel
from gui.vision.convolution_by_hand import ConvolutionByHand
from gui.vision.workbench import Workbench
from gui.widgets.room import Scroller
from gui.widgets.transport import MENU

EXAMPLES = Action(
    "examples", "Convolution by hand…", "A kernel slides over a picture, step by step, with numbers",
    lambda panel: panel.show_convolution_by_hand(), "Ctrl+J", MENU,
)  # fmt: skip
WORKBENCH = Action(
    "workbench", "Workbench", "Kernels, templates and pooling on a picture, a transpose convolution by hand, the parameters of a list of layers",
    lambda panel: panel.show_workbench(), "Ctrl+Shift+J", MENU,
)  # fmt: skip


class VisionPanel(TrainingPanel):
    """Trains the recipes of the family Vision."""

    name = "Vision"
    family = "Vision"
    first_recipe = "classify"
    whole: ClassVar[bool] = True
    ACTIONS: ClassVar[tuple[Action, ...]] = (*TrainingPanel.ACTIONS, EXAMPLES, WORKBENCH)
    empty_text = (
        "No run is open.\n\nPress Train (Ctrl+R): LeNet-5 learns handwritten digits within a minute. Then draw a digit "
        "and watch the network classify it.\n\nNew to this? See Training > Convolution by hand (Ctrl+J), and Training > Workbench (Ctrl+Shift+J)."
    )

    def __init__(self, context: AppContext):
        super().__init__(context)
        self.convolution_by_hand: ConvolutionByHand | None = None
        self.workbench: Workbench | None = None

    def show_convolution_by_hand(self) -> None:
        """Open the worked example in a window of its own."""
        if self.convolution_by_hand is None:
            self.convolution_by_hand = ConvolutionByHand(self)
        self.convolution_by_hand.show()
        self.convolution_by_hand.raise_()

    def show_workbench(self) -> None:
        """Bring the workbench to the front: a tab before those of the runs, made when it is first wanted."""
        if self.workbench is None:
            self.workbench = Workbench(self.context.background)
            self.workbench.layers_wanted.connect(self.use_layers)
            self.tabs.set_home(Scroller(self.workbench, LEAST), "Workbench", WORKBENCH.tooltip)
        self.stack.setCurrentWidget(self.tabs)
        self.tabs.setCurrentIndex(0)

    def use_layers(self, layers: str) -> None:
        """Put a list of layers into the form."""
        self.form.recipe_box.setCurrentText("classify")
        self.form.fields.set_values({"network": "layers", "layers": layers})
        self.settings_dock.show()
        self.settings_dock.raise_()
        self.context.say("Press Train to train this list of layers.")

    def shut(self) -> None:
        super().shut()
        if self.convolution_by_hand is not None:
            self.convolution_by_hand.close()
            self.convolution_by_hand = None
