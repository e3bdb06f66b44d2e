"""R-CNN's classifiers: for each class a linear support vector machine on what the network makes of regions (Girshick et al. 2014, section 2.3).

A thing's true box is an example of its class; regions that hardly overlap any thing are background, the hard ones of which are looked for: those
that the first machines get wrong. Read first: `fit`.
"""

import numpy as np
import torch
from torch import Tensor

from models.vision.boxes import iou
from models.vision.regions import CropNet

NOTHING = 0.3
"""IoU with all things below which a region is background (appendix B)."""
BACKGROUND = 32
"""Regions of background that each picture gives to the first machines; the hard ones are looked for among twice as many."""
PENALTY = 1e-3
LENGTH = 20.0
"""The mean length that features are scaled to, as in the paper: the penalty belongs to it."""


@torch.no_grad()
def fit(net: CropNet, pictures: list[tuple[Tensor, Tensor, Tensor, Tensor]], generator: torch.Generator) -> None:
    """Fit the network's machines to pictures: each its maps (1, C, H, W), true boxes (N, 4), their classes (N,) from 0, and regions (R, 4)."""
    assert net.machines is not None
    things, kinds, backgrounds = [], [], []
    for maps, boxes, classes, regions in pictures:
        far = regions[iou(regions, boxes).amax(1) < NOTHING] if len(boxes) else regions
        chosen = far[torch.randperm(len(far), generator=generator)[: 3 * BACKGROUND]]
        features = hidden(net, maps, torch.cat([boxes, chosen]))
        things.append(features[: len(boxes)])
        kinds.append(classes.cpu())
        backgrounds.append(features[len(boxes) :])
    positive, kind = torch.cat(things).numpy(), torch.cat(kinds).numpy()
    first = torch.cat([part[:BACKGROUND] for part in backgrounds]).numpy()
    others = torch.cat([part[BACKGROUND:] for part in backgrounds]).numpy()
    scale = LENGTH / max(1e-6, float(np.linalg.norm(np.concatenate([positive, first]), axis=1).mean()))
    for k in range(net.classes):
        own, rest = positive[kind == k], positive[kind != k]
        if not len(own):  # Nothing is known of it: it is never there.
            plane = np.zeros(positive.shape[1]), -LENGTH
        else:
            plane = separated(own, np.concatenate([rest, first]), scale)
            hard = others[others @ plane[0] + plane[1] > -1]
            if len(hard):
                plane = separated(own, np.concatenate([rest, first, hard]), scale)
        net.machines.weight[k] = torch.from_numpy(plane[0]).to(net.machines.weight)
        net.machines.bias[k] = float(plane[1])
    net.machines.fitted.fill_(True)


def hidden(net: CropNet, maps: Tensor, boxes: Tensor) -> Tensor:
    """What the machines see of boxes (R, 4), on the processor (R, D)."""
    where = boxes.to(maps)
    picture = torch.zeros(len(where), dtype=torch.long, device=maps.device)
    return net.regions.hidden(net.features(maps, where, picture)).relu().float().cpu()


def separated(own: np.ndarray, others: np.ndarray, scale: float) -> tuple[np.ndarray, float]:
    """The plane, weights (D,) and bias, between examples (N, D) and others (M, D)."""
    from sklearn.svm import LinearSVC

    # The bias is a weight of one more feature there, which should be as long as the others, or its penalty is felt.
    machine = LinearSVC(C=PENALTY, dual=False, intercept_scaling=LENGTH)
    machine.fit(np.concatenate([own, others]) * scale, np.repeat([1, 0], [len(own), len(others)]))
    return machine.coef_[0] * scale, float(machine.intercept_[0])
