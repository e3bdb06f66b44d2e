"""Tables of a classifier's answers: confusion matrix and per-class figures, computed by scikit-learn."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from lab.answers import Confusion, Table


def confusion_table(true: Tensor, predicted: Tensor, classes: Sequence[str]) -> Confusion:
    """Counts by true class (rows) and predicted class (columns), for int64 labels (N,)."""
    counts = confusion_counts(true, predicted, len(classes)).tolist()
    return Confusion(["true", *classes], [[name, *row] for name, row in zip(classes, counts, strict=True)])


def per_class_table(true: Tensor, predicted: Tensor, classes: Sequence[str]) -> Table:
    """Of each class: its images, precision, recall, F1, and the class that it is most often mistaken for. 0 where a class has no images or no predictions."""
    from sklearn.metrics import precision_recall_fscore_support

    labels = np.arange(len(classes))
    figures = precision_recall_fscore_support(true.cpu().numpy(), predicted.cpu().numpy(), labels=labels, zero_division=0)
    wrong = confusion_counts(true, predicted, len(classes))
    np.fill_diagonal(wrong, 0)
    rows = [
        [
            name,
            int(count),
            *(round(float(value), 4) for value in (precision, recall, f1)),
            classes[int(others.argmax())] if others.any() else "-",
        ]
        for name, precision, recall, f1, count, others in zip(classes, *figures, wrong, strict=True)
    ]
    right = int((true == predicted).sum())
    return Table(
        ["class", "images", "precision", "recall", "F1", "mistaken for"], rows, f"{right} of {len(true)} right ({right / len(true):.2%})"
    )


def confusion_counts(true: Tensor, predicted: Tensor, classes: int) -> np.ndarray:
    """(classes, classes) int64: how often a true class (row) was predicted as each class (column)."""
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(true.cpu().numpy(), predicted.cpu().numpy(), labels=np.arange(classes))
