"""Detectors of two steps: regions first, then a class and a finer box for each (R-CNN, Fast R-CNN, Faster R-CNN; Girshick et al. 2014,
Girshick 2015, Ren et al. 2015), and windows that slide over the picture.

Read first: `RegionNet`, then `region_losses`. `CropNet` cuts each region out of the picture and reads it alone, `RegionNet` reads the picture once and
pools each region's part of the maps (see `models.vision.roi`); with `rpn` it proposes the regions itself.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.vision.boxes import iou, nms
from models.vision.roi import roi_align, roi_pool
from models.vision.single_shot import STRIDE, Detections, Trunk, block
from models.vision.surgery import initialise

BIN = 5
"""Rows and columns that each region's maps are pooled to."""
CROP = 24
"""Side that each region of a `CropNet` is warped to."""
LARGEST_STEP = 4.0
"""A side is at most e^4 times that of its anchor or region."""
OBJECT, NOTHING = 0.5, 0.3
"""IoU with a thing from which an anchor counts as one, and below which it counts as background (Ren et al. use 0.7 and 0.3)."""
OVERLAP = 0.7
"""Proposals that overlap a better one by more than this go."""
BEFORE = 300
"""Proposals of the highest scores that go into their suppression."""


class RegionHead(nn.Module):
    """Features of regions (R, D) -> scores of background and classes (R, 1 + classes), and dx, dy, log of width and height over the region's (R, 4)."""

    def __init__(self, features: int, hidden: int, classes: int):
        super().__init__()
        self.hidden = nn.Linear(features, hidden)
        self.score, self.box = nn.Linear(hidden, 1 + classes), nn.Linear(hidden, 4)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.hidden(features).relu()
        return self.score(hidden), self.box(hidden)


class SupportVectors(nn.Module):
    """A linear support vector machine for each class: features of regions (R, D) -> (R, classes), the margins m as 1 / (1 + e^-m).

    They are fitted to the features, not learned with them (R-CNN, section 2.3); `fitted` says whether they were.
    """

    weight: Tensor
    bias: Tensor
    fitted: Tensor

    def __init__(self, features: int, classes: int):
        super().__init__()
        self.register_buffer("weight", torch.zeros(classes, features))
        self.register_buffer("bias", torch.zeros(classes))
        self.register_buffer("fitted", torch.zeros((), dtype=torch.bool))

    def forward(self, features: Tensor) -> Tensor:
        return F.linear(features, self.weight, self.bias).sigmoid()


class RegionNet(Trunk):
    """(B, channels, H, W) -> maps (B, 4 features, h, w) and, with `rpn`, 2k scores and 4k box values of k anchors in each cell.

    The region proposal network has two scores an anchor, nothing and object, and the head reads each region's maps by RoI pooling, or by sampling them at exact places.
    """

    head = "regions"
    anchors: Tensor

    def __init__(self, classes: int, anchors: int = 4, channels: int = 3, features: int = 16, rpn: bool = True, exact: bool = True):
        super().__init__(channels, features)
        f = features
        self.classes, self.exact = classes, exact
        self.rpn = nn.Sequential(nn.Conv2d(4 * f, 4 * f, 3, padding=1), nn.ReLU()) if rpn else None
        if rpn:
            self.rpn_scores, self.rpn_boxes = nn.Conv2d(4 * f, 2 * anchors, 1), nn.Conv2d(4 * f, 4 * anchors, 1)
        self.regions = RegionHead(4 * f * BIN**2, 8 * f, classes)
        self.register_buffer("anchors", torch.full((anchors, 2), 8.0))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`; boxes begin as their anchors and regions."""
        initialise(self, "he", generator)
        self.anchors.fill_(8.0)
        for layer in (self.regions.score, self.regions.box, *((self.rpn_scores, self.rpn_boxes) if self.rpn is not None else ())):
            layer.weight.mul_(0.1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """maps (B, C, h, w), proposal scores (B, h * w * k, 2) and box values (B, h * w * k, 4), float32; without `rpn` there are none."""
        maps = self.maps(images)
        b, _, h, w = maps.shape
        if self.rpn is None:
            none = maps.new_zeros(b, 0, 1).float()
            return maps.float(), none, none
        shared = self.rpn(maps)
        scores = self.rpn_scores(shared).view(b, -1, 2, h, w).permute(0, 3, 4, 1, 2).reshape(b, -1, 2)
        deltas = self.rpn_boxes(shared).view(b, -1, 4, h, w).permute(0, 3, 4, 1, 2).reshape(b, -1, 4)
        return maps.float(), scores.float(), deltas.float()

    def features(self, maps: Tensor, boxes: Tensor, picture: Tensor) -> Tensor:
        """(R, D) of regions (R, 4) in pixels of the pictures (R,) whose maps are given."""
        pooled = (roi_align if self.exact else roi_pool)(maps, boxes, picture, BIN, STRIDE)
        return pooled.flatten(1)

    def chances(self, features: Tensor, scores: Tensor) -> Tensor:
        """How likely each class is (R, classes) in regions of these features and scores."""
        return scores.softmax(1)[:, 1:]

    def grid(self, h: int, w: int) -> Tensor:
        """The anchors' boxes (h * w * k, 4) in pixels."""
        y, x = torch.meshgrid(torch.arange(h, device=self.anchors.device), torch.arange(w, device=self.anchors.device), indexing="ij")
        centre = (torch.stack([x, y], -1).float().view(-1, 1, 2) + 0.5) * STRIDE
        half = self.anchors[None] / 2
        return torch.cat([centre - half, centre + half], -1).view(-1, 4)


class CropNet(nn.Module):
    """Each region is cut out of the picture, warped to `CROP` pixels and read alone: R-CNN, and the classifier of a sliding window.

    With `machines`, support vector machines answer in place of the softmax, once they are fitted.
    """

    head = "regions"
    anchors: Tensor

    def __init__(self, classes: int, anchors: int = 4, channels: int = 3, features: int = 16, machines: bool = False):
        super().__init__()
        f = features
        self.classes = classes
        self.machines = SupportVectors(8 * f, classes) if machines else None
        self.crops = nn.Sequential(block(channels, f), block(f, 2 * f, 2), block(2 * f, 4 * f, 2), block(4 * f, 4 * f))
        self.regions = RegionHead(4 * f * (CROP // 4) ** 2, 8 * f, classes)
        self.register_buffer("anchors", torch.full((anchors, 2), 8.0))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """He's initialisation, drawn from `generator`; boxes begin as their regions."""
        initialise(self, "he", generator)
        self.anchors.fill_(8.0)
        self.regions.box.weight.mul_(0.1)
        for buffer in self.machines.buffers() if self.machines is not None else ():
            buffer.zero_()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pictures as they are: there is nothing that regions share."""
        none = images.new_zeros(len(images), 0, 1).float()
        return images.float(), none, none

    def features(self, maps: Tensor, boxes: Tensor, picture: Tensor) -> Tensor:
        return self.crops(roi_align(maps, boxes, picture, CROP, 1, samples=1)).flatten(1)

    def chances(self, features: Tensor, scores: Tensor) -> Tensor:
        """How likely each class is (R, classes) in regions of these features and scores."""
        if self.machines is None or not self.machines.fitted:
            return scores.softmax(1)[:, 1:]
        return self.machines(self.regions.hidden(features).relu())


def encoded(boxes: Tensor, anchors: Tensor) -> Tensor:
    """What takes anchors (N, 4) to boxes (N, 4): dx, dy in sides of the anchor, and log of width and height over the anchor's."""
    sides, own = boxes[:, 2:] - boxes[:, :2], anchors[:, 2:] - anchors[:, :2]
    shift = (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2 / own
    return torch.cat([shift, (sides / own).log()], 1)


def decoded(deltas: Tensor, anchors: Tensor) -> Tensor:
    """The inverse of `encoded`, for (..., 4)."""
    own = anchors[..., 2:] - anchors[..., :2]
    centre = (anchors[..., :2] + anchors[..., 2:]) / 2 + deltas[..., :2] * own
    half = own * deltas[..., 2:].clamp(-LARGEST_STEP, LARGEST_STEP).exp() / 2
    return torch.cat([centre - half, centre + half], -1)


def clipped(boxes: Tensor, height: int, width: int) -> Tensor:
    """Boxes (N, 4) cut to the picture; a side that lies outside of it becomes one pixel."""
    low = torch.minimum(boxes[:, :2].clamp(min=0), boxes.new_tensor([width - 1, height - 1]))
    high = torch.minimum(boxes[:, 2:], boxes.new_tensor([width, height]))
    return torch.cat([low, torch.maximum(high, low + 1)], 1)


@torch.no_grad()
def proposals(net: RegionNet, maps: Tensor, scores: Tensor, deltas: Tensor, most: int, height: int, width: int) -> list[Detections]:
    """Of each picture the `most` proposals of the region proposal network that are left of the best `BEFORE` after suppression, class 0."""
    anchors = net.grid(*maps.shape[2:])
    made = []
    for score, delta in zip(scores.softmax(-1)[..., 1], deltas, strict=True):
        best = score.topk(min(BEFORE, len(score)))
        boxes = clipped(decoded(delta[best.indices], anchors[best.indices]), height, width).cpu()
        own = best.values.cpu()
        kept = nms(boxes, own, torch.zeros(len(boxes), dtype=torch.long), OVERLAP)[:most]
        made.append(Detections(boxes[kept], own[kept], torch.zeros(len(kept), dtype=torch.long)))
    return made


def rpn_losses(
    net: RegionNet,
    maps: Tensor,
    scores: Tensor,
    deltas: Tensor,
    boxes: Tensor,
    picture: Tensor,
    generator: torch.Generator,
    count: int = 128,
) -> dict[str, Tensor]:
    """`rpn_class` (cross-entropy, nothing or object, of `count` anchors a picture, half of them objects where there are so many) and `rpn_box` (smooth error).

    An anchor is an object where it overlaps a thing by `OBJECT`, or more than all others do; it is nothing below `NOTHING`.
    """
    anchors = net.grid(*maps.shape[2:])
    of_class, of_box, positives, total = [], [], 0, 0
    for i in range(len(maps)):
        mine = boxes[picture == i]
        overlap = iou(anchors, mine) if len(mine) else anchors.new_zeros(len(anchors), 1)
        best, thing = overlap.max(1)
        objects = best >= OBJECT
        if len(mine):
            objects |= ((overlap >= overlap.amax(0) - 1e-6) & (overlap > 0)).any(1)
        chosen = drawn(objects, count // 2, generator)
        others = drawn((best < NOTHING) & ~objects, count - len(chosen), generator)
        labels = torch.cat([torch.ones_like(chosen), torch.zeros_like(others)])
        of_class.append(F.cross_entropy(scores[i, torch.cat([chosen, others])], labels, reduction="sum"))
        total += len(labels)
        if len(mine) and len(chosen):
            # Of several anchors that share a thing by one overlap, each takes its best.
            of_box.append(F.smooth_l1_loss(deltas[i, chosen], encoded(mine[thing[chosen]], anchors[chosen]), reduction="sum", beta=0.1))
            positives += len(chosen)
    box = torch.stack(of_box).sum() if of_box else deltas.sum() * 0
    return {"rpn_class": torch.stack(of_class).sum() / max(1, total), "rpn_box": box / max(1, positives)}


def drawn(mask: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """At most `most` places of a mask (N,), at random: (M,) int64."""
    places = torch.nonzero(mask)[:, 0]
    if len(places) <= most:
        return places
    return places[torch.randperm(len(places), generator=generator)[:most].to(places.device)]


def sampled(regions: Tensor, mine: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`count` regions of one picture (N, 4), a quarter of them on things (M, 4) where there are so many, and the thing of each, -1 for background.

    The things themselves are among the regions. A region is on the thing that it overlaps most, from an IoU of 0.5.
    """
    every = torch.cat([regions, mine])
    best, thing = iou(every, mine).max(1) if len(mine) else (every.new_zeros(len(every)), every.new_zeros(len(every), dtype=torch.long))
    chosen = drawn(best >= 0.5, count // 4, generator)
    others = drawn(best < 0.5, count - len(chosen), generator)
    return every[torch.cat([chosen, others])], torch.cat([thing[chosen], torch.full_like(others, -1)])


def region_losses(
    net: RegionNet | CropNet, maps: Tensor, regions: list[Tensor], boxes: Tensor, classes: Tensor, picture: Tensor, generator: torch.Generator, count: int,
) -> dict[str, Tensor]:  # fmt: skip
    """`class` (cross-entropy, 0 is background) and `box` (smooth error) of `count` regions of each picture.

    regions: of each picture (N, 4); boxes (N, 4), classes (N,) int64 from 0 and the picture (N,) that each belongs to.
    """
    rois, owner, labels, targets = [], [], [], []
    for i, own in enumerate(regions):
        mine = picture == i
        chosen, thing = sampled(own.to(boxes.device), boxes[mine], count, generator)
        on = thing >= 0
        rois.append(chosen)
        owner.append(torch.full((len(chosen),), i, device=boxes.device))
        labels.append(torch.where(on, classes[mine][thing.clamp(min=0)] + 1 if mine.any() else thing + 1, 0))
        targets.append(encoded(boxes[mine][thing[on]], chosen[on]))
    where, label = torch.cat(rois), torch.cat(labels)
    scores, deltas = net.regions(net.features(maps, where, torch.cat(owner)))
    on = label > 0
    return {
        "class": F.cross_entropy(scores, label),
        "box": F.smooth_l1_loss(deltas[on], torch.cat(targets), reduction="sum", beta=0.1) / max(1, int(on.sum())),
    }


def answers(
    net: RegionNet | CropNet, maps: Tensor, regions: list[Tensor], least: float, most: int, height: int, width: int, refine: bool = True
) -> list[Detections]:
    """Of each picture the `most` regions of the highest class scores of at least `least`, with the boxes that the head makes of them if it may `refine` them."""
    made = []
    for i, own in enumerate(regions):
        rows = []
        for part in own.to(maps.device).split(512):
            features = net.features(maps, part, torch.full((len(part),), i, device=maps.device))
            scores, deltas = net.regions(features)
            rows.append((net.chances(features, scores), decoded(deltas, part) if refine else part))
        probabilities, boxes = torch.cat([a for a, _ in rows]).cpu(), torch.cat([b for _, b in rows]).cpu()
        best, kinds = probabilities.max(1)
        top = best.topk(min(most, len(best)))
        kept = top.indices[top.values >= least]
        made.append(Detections(clipped(boxes[kept], height, width), best[kept], kinds[kept]))
    return made


def windows(anchors: Tensor, height: int, width: int) -> Tensor:
    """Windows (N, 4) of the anchors' shapes (k, 2) all over a picture, each shape a third of its sides apart and at least two pixels."""
    made = []
    for wide, high in anchors.tolist():
        step_x, step_y = max(2.0, wide / 3), max(2.0, high / 3)
        x = torch.arange(0, max(1.0, width - wide + 1), step_x)
        y = torch.arange(0, max(1.0, height - high + 1), step_y)
        corner = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).view(-1, 2)
        made.append(torch.cat([corner, corner + torch.tensor([wide, high])], 1))
    return clipped(torch.cat(made), height, width)
