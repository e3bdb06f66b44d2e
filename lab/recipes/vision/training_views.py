"""Views of a classifier's training so far: its losses and accuracies, and what its layers did."""

from typing import Literal

import numpy as np
import torch

from lab.answers import Curves
from lab.early_stopping import EarlyStopping
from lab.experiment import view
from lab.recipes.vision.layer_statistics import ACTIVATION_FIGURES, GRADIENT_FIGURES, LayerStatistics


class TrainingViews:
    """Keeps the history of validations and answers for it; the run's early stopping and statistics of layers it is given."""

    def __init__(self, stopping: EarlyStopping, statistics: LayerStatistics):
        self.stopping, self.statistics = stopping, statistics
        self.history: list[list[float]] = []
        """Of each validation: the step, and loss in training and validation, accuracy in training and validation."""

    @view
    def training_curves(self, figure: Literal["loss", "accuracy"] = "loss") -> Curves:
        """Loss or accuracy on training batches and on held-out images; the vertical line marks the best step so far."""
        rows = np.array(self.history).reshape(-1, 5)
        i = 1 if figure == "loss" else 2
        columns = {"loss": (1, 2), "accuracy": (3, 4)}[figure]
        series = {"train": (rows[:, 0], rows[:, columns[0]]), "validation": (rows[:, 0], rows[:, columns[1]])}
        if len(rows):
            low, high = rows[:, columns].min(), rows[:, columns].max()
            series["stopped early, best" if self.stopping.ended else "best"] = (
                np.full(2, float(self.stopping.step)), np.array([low, high]),
            )  # fmt: skip
        return Curves(series, y_label=figure, title=f"{figure.title()} on training batches and held-out images" if i else "")

    @view
    def layer_statistics(self, figure: Literal["gradient", "weight", "dead units", "mean", "deviation"] = "gradient") -> Curves:
        """A statistic of each layer over training: root mean square of gradients or weights; share of dead units, mean and deviation
        of activations. Gradients that fall by powers of ten from layer to layer are vanishing."""
        s = self.statistics
        of_gradients = figure in GRADIENT_FIGURES
        names = s.layer_names if of_gradients else s.activation_names
        rows = list(s.gradients if of_gradients else s.activations)
        column = (GRADIENT_FIGURES if of_gradients else ACTIVATION_FIGURES).index(figure)
        steps = np.array([step for step, _ in rows], np.float64)
        values = torch.stack([v[:, column] for _, v in rows]).cpu().numpy() if rows else np.zeros((0, len(names)))
        if figure == "gradient":
            values = np.log10(np.maximum(values, 1e-12))
        label = "log10 of the gradient's root mean square" if figure == "gradient" else figure
        return Curves({name: (steps, values[:, j]) for j, name in enumerate(names)}, y_label=label, title=f"{label} by layer")
