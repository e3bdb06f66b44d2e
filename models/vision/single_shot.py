"""A single-shot detector (the kind of YOLO and SSD): one pass gives, for each cell of a grid and each anchor, a box, objectness and classes.

Read first: `SingleShot.forward`, then `SingleShot.boxes`, then `detection_loss`. Redmon & Farhadi 2017 (anchors by k-means, a cell answers for
what has its centre there), Lin et al. 2017 (focal loss), Rezatofighi et al. 2019 (GIoU).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vision.boxes import giou, iou, nms, shape_iou
from models.vision.surgery import initialise
from models.vision.unet import padded

STRIDE = 4
"""Pixels of the picture to a cell: the ball of many games is 2 by 4."""
PRIOR = 0.01
"""First objectness of every anchor: almost all hold nothing (Lin et al. 2017, section 4.1)."""
LARGEST_STEP = 4.0
"""A side is at most e^4 times its anchor's."""


def block(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False), nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)
    )


class Trunk(nn.Module):
    """The small backbone that the detectors share: maps of a quarter of the picture's side, which know their surroundings."""

    def __init__(self, channels: int, features: int):
        super().__init__()
        f = features
        self.fine = nn.Sequential(block(channels, f), block(f, 2 * f, 2), block(2 * f, 2 * f), block(2 * f, 4 * f, 2), block(4 * f, 4 * f))
        self.coarse = nn.Sequential(block(4 * f, 4 * f, 2), block(4 * f, 4 * f), block(4 * f, 4 * f, 2), block(4 * f, 4 * f))
        self.mix = block(8 * f, 4 * f)

    def maps(self, images: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, 4 features, h, w), of pictures whose sides are first filled up to multiples of 16."""
        fine = self.fine(padded(images, 16))
        context = F.interpolate(self.coarse(fine), size=fine.shape[2:], mode="nearest")  # What a cell's surroundings show.
        return self.mix(torch.cat([fine, context], 1))


class SingleShot(Trunk):
    """(B, channels, H, W) -> (B, h, w, anchors, 5 + classes): dx, dy, log of width and height over the anchor's, objectness, class scores.

    The grid is `STRIDE` times smaller than the picture, whose sides are first filled up to multiples of 16.
    """

    head = "predict"
    anchors: Tensor

    def __init__(self, classes: int, anchors: int = 4, channels: int = 3, features: int = 16):
        super().__init__(channels, features)
        self.classes = classes
        self.predict = nn.Conv2d(4 * features, anchors * (5 + classes), 1)
        self.register_buffer("anchors", torch.full((anchors, 2), 8.0))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`; no anchor holds anything at first; anchors of 8 pixels, to be measured."""
        initialise(self, "he", generator)
        self.anchors.fill_(8.0)
        self.predict.weight.mul_(0.1)
        assert self.predict.bias is not None
        self.predict.bias.view(len(self.anchors), -1)[:, 4] = -math.log((1 - PRIOR) / PRIOR)

    def forward(self, images: Tensor) -> Tensor:
        raw = self.predict(self.maps(images))
        b, _, h, w = raw.shape
        return raw.view(b, len(self.anchors), -1, h, w).permute(0, 3, 4, 1, 2).float()

    def boxes(self, raw: Tensor) -> Tensor:
        """(B, h, w, anchors, 4) in pixels: the centre is measured from the cell's, in cells, the sides are factors of the anchor's."""
        _, h, w, _, _ = raw.shape
        x = (torch.arange(w, device=raw.device)[None, :, None] + 0.5 + raw[..., 0]) * STRIDE
        y = (torch.arange(h, device=raw.device)[:, None, None] + 0.5 + raw[..., 1]) * STRIDE
        half = self.anchors * raw[..., 2:4].clamp(-LARGEST_STEP, LARGEST_STEP).exp() / 2
        return torch.stack([x - half[..., 0], y - half[..., 1], x + half[..., 0], y + half[..., 1]], -1)


@dataclass(frozen=True)
class Detections:
    """Boxes (N, 4) in pixels, scores (N,) and classes (N,) of one picture, by falling score."""

    boxes: Tensor
    scores: Tensor
    classes: Tensor

    def rows(self, index: Tensor) -> "Detections":
        return Detections(self.boxes[index], self.scores[index], self.classes[index])


def candidates(net: SingleShot, raw: Tensor, least: float, most: int, height: int, width: int) -> list[Detections]:
    """Of each picture the `most` anchors with the highest scores of at least `least`, cut to the picture, before any suppression."""
    boxes = net.boxes(raw).flatten(1, 3)
    probabilities, kinds = raw[..., 5:].softmax(-1).flatten(1, 3).max(-1)
    scores = raw[..., 4].sigmoid().flatten(1) * probabilities
    bound = boxes.new_tensor([width, height, width, height])
    made = []
    for box, score, kind in zip(boxes, scores, kinds, strict=True):
        top = score.topk(min(most, len(score)))
        rows = top.indices[top.values >= least]
        made.append(Detections(torch.minimum(box[rows].clamp(min=0), bound), score[rows], kind[rows]))
    return made


def suppressed(candidate: Detections, threshold: float, most: int = 100) -> Detections:
    """What non-maximum suppression leaves of candidates, at most `most`."""
    return candidate.rows(nms(candidate.boxes, candidate.scores, candidate.classes, threshold)[:most])


# -- training ------------------------------------------------------------------------------------------------------


def assigned(boxes: Tensor, anchors: Tensor, h: int, w: int) -> tuple[Tensor, Tensor, Tensor]:
    """Row, column and anchor of the cell that answers for each box (N, 4): the one that holds its centre, and the anchor of its shape."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2 / STRIDE
    column, row = centre[:, 0].long().clamp(0, w - 1), centre[:, 1].long().clamp(0, h - 1)
    return row, column, shape_iou(boxes[:, 2:] - boxes[:, :2], anchors).argmax(1)


def detection_loss(net: SingleShot, raw: Tensor, boxes: Tensor, classes: Tensor, picture: Tensor, ignore: float = 0.5) -> dict[str, Tensor]:
    """The parts of the loss: `box` (1 - GIoU), `objectness` (focal), `class` (cross-entropy), each a mean over the boxes.

    boxes (N, 4), classes (N,) int64 and the picture (N,) int64 that each belongs to. Anchors that answer for no box but overlap
    one by more than `ignore` do not count in the objectness.
    """
    b, h, w, k, _ = raw.shape
    row, column, anchor = assigned(boxes, net.anchors, h, w)
    predicted = net.boxes(raw)
    target = raw.new_zeros(b, h, w, k)
    counts = raw.new_ones(b, h, w, k)
    with torch.no_grad():
        for i in range(b):
            mine = boxes[picture == i]
            if len(mine):
                counts[i] = (iou(predicted[i].reshape(-1, 4), mine).amax(1) <= ignore).view(h, w, k)
    target[picture, row, column, anchor] = 1
    counts[picture, row, column, anchor] = 1
    n = max(1, len(boxes))
    objectness = raw[..., 4]
    wrong = torch.where(target > 0, 1 - objectness.sigmoid(), objectness.sigmoid())
    focal = F.binary_cross_entropy_with_logits(objectness, target, reduction="none") * wrong.detach().square()
    answers = raw[picture, row, column, anchor]
    return {
        "box": (1 - giou(predicted[picture, row, column, anchor], boxes)).sum() / n,
        "objectness": (focal * counts).sum() / n,
        "class": F.cross_entropy(answers[:, 5:], classes, reduction="sum") / n,
    }
