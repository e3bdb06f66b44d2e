import torch

from lab.quality.classification import confusion_table, per_class_table

TRUE, PREDICTED = torch.tensor([0, 0, 0, 1, 1, 2]), torch.tensor([0, 0, 1, 1, 0, 0])
CLASSES = ["ant", "bee", "cat", "dog"]


def test_the_confusion_matrix_counts_true_rows_and_predicted_columns_of_every_class() -> None:
    table = confusion_table(TRUE, PREDICTED, CLASSES)
    assert table.columns == ["true", *CLASSES]
    assert table.rows == [["ant", 2, 1, 0, 0], ["bee", 1, 1, 0, 0], ["cat", 1, 0, 0, 0], ["dog", 0, 0, 0, 0]]


def test_figures_of_each_class_worked_by_hand() -> None:
    """Ant: 2 of 4 predictions and 2 of 3 images are right, F1 = 2 * (1/2) * (2/3) / (7/6) = 4/7."""
    table = per_class_table(TRUE, PREDICTED, CLASSES)
    assert table.rows == [
        ["ant", 3, 0.5, 0.6667, 0.5714, "bee"],
        ["bee", 2, 0.5, 0.5, 0.5, "ant"],
        ["cat", 1, 0.0, 0.0, 0.0, "ant"],
        ["dog", 0, 0.0, 0.0, 0.0, "-"],
    ]
    assert table.title == "3 of 6 right (50.00%)"
