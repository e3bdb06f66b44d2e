"""Object detection: a detector of one step or of two learns the boxes of labelled scenes.

Read first: `Detect.step`. What detectors of two steps do is in `detect_regions`, the views are in `detect_views`.
"""

import logging
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from lab.data.catalogue import shown
from lab.errors import LabError, UsageError
from lab.experiment import Metrics
from lab.exported import Exported
from lab.quality.detection import mean_average_precision
from lab.recipes.vision.detect_config import DetectConfig
from lab.recipes.vision.detect_regions import Keys, Regions
from lab.recipes.vision.detect_views import COUNTED, DetectViews
from lab.recipes.vision.scene_experiment import BATCH, SceneExperiment
from lab.recipes.vision.svm_head import fit
from models.eval_mode import eval_mode
from models.vision.boxes import anchors_of
from models.vision.regions import CropNet, RegionNet
from models.vision.single_shot import Detections, SingleShot, candidates, detection_loss, suppressed

log = logging.getLogger("lab.detect")

FITTED = 100
"""Training pictures that support vector machines are fitted to."""
CANDIDATES = 300
"""How many boxes of a picture go into the suppression."""
LARGEST_NORM = 10.0


class Detect(SceneExperiment):
    """Trains a detector on labelled scenes. One step is one mini-batch of whole scenes."""

    headline: ClassVar[tuple[str, ...]] = ("charts/validation_map50", "losses/box")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "features")
    view_parts: ClassVar[dict[str, type]] = {"shown": DetectViews}
    randomness = "flip"
    shown: DetectViews

    def __init__(self, config: DetectConfig, device: torch.device):
        super().__init__(config, device)
        self.images: Tensor | None = None
        """The training images on the device, from the first step on."""
        self.shown = DetectViews(self.scenes, self.detections, self.regions_of, config)

    def network(self) -> SingleShot | RegionNet | CropNet:
        classes = len(self.scenes.classes) - 1
        self.regions = None if self.config.method == "single-shot" else Regions(self.config)
        if self.regions is not None:
            return self.regions.network(classes)
        return SingleShot(classes, self.config.anchors, features=self.config.features)

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c = self.config
        *batch, keys = self.batch()
        self.net.train()
        # Each batch has another number of boxes: nothing to capture.
        metrics = self.descend(None, partial(self.learn, keys), *batch)
        validates = self.steps % c.validate_every == 0
        if c.method == "rcnn" and c.classifier == "svm" and (validates or self.steps == c.schedule_steps):
            self.fit_machines()
        if validates:
            metrics |= self.validate()
        return metrics

    def learn(self, keys: Keys, images: Tensor, boxes: Tensor, classes: Tensor, picture: Tensor) -> dict[str, Tensor]:
        """One step on a batch; the parts of its loss."""
        c = self.config
        outputs = self.answers_of(self.net, images)
        if self.regions is None:
            parts = detection_loss(self.detector(self.net), outputs, boxes, classes, picture)
            loss = c.box_weight * parts["box"] + parts["objectness"] + parts["class"]
        else:
            parts = self.regions.losses(self.detector(self.net), outputs, images, boxes, classes, picture, keys, self.augment_rng)
            loss = torch.stack([c.box_weight * part if "box" in name else part for name, part in parts.items()]).sum()
        self.update(loss, LARGEST_NORM)
        return {f"losses/{name}": part.detach() for name, part in parts.items()}

    @torch.no_grad()
    def fit_machines(self) -> None:
        """Fit the support vector machines to some of the training pictures, as the network reads them now."""
        scenes = self.scenes("train")
        assert self.regions is not None
        pictures = []
        with eval_mode(self.net):
            for row in torch.randperm(len(scenes), generator=self.augment_rng)[:FITTED].tolist():
                boxes = torch.from_numpy(scenes.boxes[row])
                maps = self.answers_of(self.net, scenes.images[row : row + 1].to(self.device))[0]
                pictures.append((maps, boxes[:, 1:], boxes[:, 0].long() - 1, self.regions.search(scenes.images[row], (row, False))))
            fit(self.detector(self.net), pictures, self.augment_rng)

    def batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Keys]:
        """images (B, 3, H, W) uint8; boxes (N, 4), their classes (N,) from 0 and pictures (N,); which pictures these are."""
        c, scenes = self.config, self.scenes("train")
        if self.images is None:
            self.images = scenes.images.to(self.device)
            if self.steps == 0:
                self.measure()
        rows = self.order.take(c.batch_size, len(scenes))
        images = self.images[rows.to(self.device, non_blocking=True)]
        own = [torch.from_numpy(scenes.boxes[row]) for row in rows.tolist()]
        boxes = torch.cat(own)
        picture = torch.arange(len(own)).repeat_interleave(torch.tensor([len(part) for part in own]))
        corners = boxes[:, 1:]
        turned = torch.zeros(len(own), dtype=torch.bool)
        if c.augment_flip:
            turned = torch.rand(len(own), generator=self.augment_rng) < 0.5
            images = torch.where(turned.to(self.device, non_blocking=True)[:, None, None, None], images.flip(3), images)
            mirrored = torch.stack([images.shape[3] - corners[:, 2], corners[:, 1], images.shape[3] - corners[:, 0], corners[:, 3]], 1)
            corners = torch.where(turned[picture][:, None], mirrored, corners)
        return (
            images,
            corners.to(self.device, non_blocking=True),
            boxes[:, 0].long().to(self.device, non_blocking=True) - 1,
            picture.to(self.device, non_blocking=True),
            list(zip(rows.tolist(), turned.tolist(), strict=True)),
        )

    def measure(self) -> None:
        """Take mean and deviation of the pixels, and the anchors, from the training scenes."""
        scenes = self.scenes("train")
        boxes = torch.cat([torch.from_numpy(part) for part in scenes.boxes])
        if not len(boxes):
            raise LabError(f"The training scenes of {shown(self.config.data)} hold no things that have boxes.")
        self.net.measure(scenes.images)
        sizes = boxes[:, 3:] - boxes[:, 1:3]
        anchors = anchors_of(sizes, self.config.anchors, torch.Generator().manual_seed(self.config.seed))
        self.detector(self.net).anchors.copy_(anchors)
        text = ", ".join(f"{w:g}x{h:g}" for w, h in anchors.tolist())
        log.info("%d training scenes with %d boxes of %d classes; anchors %s", len(scenes), len(boxes), len(self.scenes.classes) - 1, text)

    def detector(self, net: Any) -> Any:
        return net.net

    # -- answers and figures ---------------------------------------------------------------------------------------

    @torch.no_grad()
    def detections(self, net: Any, images: Tensor, least: float, suppress: bool = True) -> list[Detections]:
        """The boxes in each image (N, 3, H, W) with scores of at least `least`, on the processor; classes count from 1 as in the scenes."""
        height, width = images.shape[2:]
        answers: list[Detections] = []
        with eval_mode(net):
            for part in images.split(BATCH):
                outputs = self.answers_of(net, part.to(self.device))
                if self.regions is None:
                    every = candidates(as_on_cpu(self.detector(net)), outputs.cpu(), least, CANDIDATES, height, width)
                else:
                    every = self.regions.candidates(self.detector(net), outputs, part, least, CANDIDATES)
                for one in every:
                    kept = suppressed(one, self.config.nms_overlap) if suppress else one
                    answers.append(Detections(kept.boxes, kept.scores, kept.classes + 1))
        return answers

    @torch.no_grad()
    def regions_of(self, net: Any, images: Tensor) -> list[Detections]:
        """What a detector of two steps looks at in each image. Raises UsageError for one of one step."""
        if self.regions is None:
            raise UsageError("A single-shot detector has no proposals: it answers for all anchors at once. `anchors` shows those.")
        with eval_mode(net):
            return self.regions.of(self.detector(net), self.answers_of(net, images.to(self.device)), images)

    def figures(self, split: Any) -> dict[str, float]:
        """map50 and map of a split."""
        return mean_average_precision(*self.shown.answers(self.net, split, COUNTED), self.scenes(split).things)

    def validate(self) -> Metrics:
        f = self.figures("validation")
        self.shown.history.append([self.steps, f["map50"], f["map"]])
        return {"charts/validation_map50": [f["map50"]]}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """mAP50 and mAP on the test scenes."""
        scenes = self.scenes("test")
        return {
            **self.figures("test"), "images": len(scenes), "boxes": sum(map(len, scenes.boxes)), "classes": len(scenes.things),
            "protocol": self.protocol(len(scenes), "COCO's 101 recalls, means over the classes"),
        }  # fmt: skip

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def exported(self) -> Exported | None:
        if self.regions is not None:
            return None
        pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255
        about = (
            "images, float32 (B, 3, H, W), pixel values from 0 to 255, H and W multiples of 16 -> (B, H/4, W/4, anchors, 5 + classes): dx, dy in "
            f"cells, log width and height over the anchor's, objectness, scores of {', '.join(self.scenes.classes[1:])}."
        )
        return Exported(self.net, {"images": pixels}, "boxes", about)


def as_on_cpu(net: SingleShot) -> SingleShot:
    """The detector's anchors on the processor, where boxes are decoded: suppression is a loop over few boxes."""
    if net.anchors.device.type == "cpu":
        return net
    with torch.device("meta"):
        made = SingleShot(net.classes, len(net.anchors), features=1)
    made.anchors = net.anchors.cpu()
    return made
