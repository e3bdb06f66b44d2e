"""The lab's mean average precision beside torchmetrics' own program (`torchmetrics.detection._mean_ap`, written apart from COCO's), on random cases.

    python benchmarks/average_precision.py [--cases 200]

Prints the largest difference of map and map50. Of torchvision that program takes three functions of boxes; where it is not installed, those
below stand in.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import Tensor
from torchmetrics.detection import _mean_ap as torchmetrics_map

from lab.quality.detection import PictureBoxes, mean_average_precision
from tests.lab.quality.test_detection import CLASSES, random_case


def box_area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def box_iou(one: Tensor, other: Tensor) -> Tensor:
    """(N, M) of boxes (N, 4) and (M, 4)."""
    sides = (torch.minimum(one[:, None, 2:], other[None, :, 2:]) - torch.maximum(one[:, None, :2], other[None, :, :2])).clamp(min=0)
    shared = sides.prod(2)
    return shared / (box_area(one)[:, None] + box_area(other)[None] - shared)


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    assert in_fmt == out_fmt == "xyxy"
    return boxes


def stand_in() -> None:
    """Those three functions under torchvision's name, unless it is there."""
    if importlib.util.find_spec("torchvision") is None:
        ops = ModuleType("torchvision.ops")
        ops.box_area, ops.box_iou, ops.box_convert = box_area, box_iou, box_convert  # type: ignore[attr-defined]
        sys.modules["torchvision"], sys.modules["torchvision.ops"] = ModuleType("torchvision"), ops
        torchmetrics_map._TORCHVISION_AVAILABLE = True  # type: ignore[assignment]


def theirs(detected: list[PictureBoxes], true: list[PictureBoxes]) -> dict[str, float]:
    metric = torchmetrics_map.MeanAveragePrecision()
    metric.warn_on_many_detections = False

    def entries(parts: list[PictureBoxes]) -> list[dict[str, Tensor]]:
        return [
            {
                "boxes": torch.from_numpy(part.boxes), "labels": torch.from_numpy(part.classes),
                **({} if part.scores is None else {"scores": torch.from_numpy(part.scores)}),
            }
            for part in parts
        ]  # fmt: skip

    metric.update(entries(detected), entries(true))
    made = metric.compute()
    return {"map": float(made["map"]), "map50": float(made["map_50"])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    options = parser.parse_args()
    stand_in()
    largest = 0.0
    for seed in range(options.cases):
        detected, true = random_case(seed)
        ours = mean_average_precision(detected, true, range(CLASSES))
        for name, value in theirs(detected, true).items():
            if value != -1:  # No true box.
                largest = max(largest, abs(value - ours[name]))
    print(json.dumps({"cases": options.cases, "largest_difference": largest}))


if __name__ == "__main__":
    main()
