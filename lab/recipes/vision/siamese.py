"""Metric learning: one network puts pictures on a sphere, near each other where they are of one class.

Minimises the contrastive or the triplet loss over the pairs of a batch of some classes. Read first: `Siamese.step`. Its views are in
`siamese_views`.
"""

import logging
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import models
from lab.data.catalogue import shown
from lab.data.images import LabelledImages
from lab.errors import LabError, UsageError
from lab.experiment import Experiment, Metrics
from lab.exported import Exported
from lab.quality.verification import one_shot, pair_distances, template_rows, verification
from lab.recipes.vision.classify_data import ImageSplits, image_format
from lab.recipes.vision.excite_views import ExciteViews
from lab.recipes.vision.predictor import Predictor
from lab.recipes.vision.siamese_config import SiameseConfig
from lab.recipes.vision.siamese_views import SiameseViews
from lab.schedules import decay
from lab.state import Attribute, Tree, attributes
from models.eval_mode import eval_mode
from models.vision import surgery
from models.vision.classifier import ImageClassifier
from models.vision.metric import contrastive_loss, triplet_loss

log = logging.getLogger("lab.siamese")

DRAWS = 20
"""Over which the one-shot accuracy is the mean."""
BATCH = 512
"""Pictures at once outside training."""


class Siamese(Experiment):
    """Trains an embedding. One step is one batch of some images of each of some classes."""

    log_every = 25
    checkpoint_every = 500
    headline: ClassVar[tuple[str, ...]] = ("charts/validation_auc", "losses/metric")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size")
    view_parts: ClassVar[dict[str, type]] = {"shown": SiameseViews, "exciting": ExciteViews}

    def __init__(self, config: SiameseConfig, device: torch.device):
        super().__init__(config, device)
        self.config: SiameseConfig = config
        images = config.of_classifier()
        self.format = image_format(images, self.remembered)
        self.images = ImageSplits(images, self.format, device, self.remembered)
        self.predictor = Predictor(images, self.images, device, torch.float32)
        self.known = len(self.format.classes) - config.new_classes
        if self.known < 2:
            raise UsageError(
                f"--new-classes {config.new_classes}: {shown(config.data)} has {len(self.format.classes)} classes; two must be left to learn from."
            )
        self.net = self.build()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True)
        self.batch_rng = torch.Generator().manual_seed(config.seed)
        self.augment_rng = torch.Generator().manual_seed(config.seed + 1)
        self.measured = False
        self.of_classes: list[Tensor] = []
        """The rows of each known class among the training images."""
        self.shown = SiameseViews(self.images, self.points)
        f, numbers = self.format, tuple(f"number {i}" for i in range(config.width))
        self.exciting = ExciteViews((f.channels, f.size, f.size), numbers, device, lambda image: self.images.picture(image)[0])

    def read_data(self) -> None:
        if self.images.own:
            self.images.split("train")

    def build(self) -> ImageClassifier:
        """The network, its first weights drawn from the run's own generator, with batch norm after each convolution."""
        c, f = self.config, self.format
        with torch.device("meta"):  # The constructors' own draws would come from the global generator.
            try:
                net = models.build(c.network, classes=c.width, channels=f.channels, size=f.size)
            except ValueError as error:
                raise UsageError(f"--network {c.network}: {error}.") from None
            if c.network != "mlp":
                surgery.set_batch_norm(net, True)
            surgery.set_dropout(net, 0.0, torch.Generator(self.device))
        net = net.to_empty(device=self.device)
        surgery.initialise(net, "he", torch.Generator().manual_seed(c.seed))
        return ImageClassifier(net, f.channels).to(self.device)

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c = self.config
        images, labels = self.batch()
        for group in self.optimizer.param_groups:
            group["lr"] = c.learning_rate * max(decay("cosine", self.steps, c.schedule_steps), 1e-3)
        self.net.train()
        points = F.normalize(self.net(images))  # (B, width), of length 1
        metrics: dict[str, Any] = {}
        if c.loss == "contrastive":
            loss = contrastive_loss(points, labels, c.margin)
        else:
            loss, metrics["charts/active_triplets"] = triplet_loss(points, labels, c.margin, c.mining)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.steps += 1
        metrics |= {"losses/metric": loss.detach(), "charts/learning_rate": group["lr"]}
        if self.steps % c.validate_every == 0:
            metrics |= self.validate()
        return metrics

    def batch(self) -> tuple[Tensor, Tensor]:
        """Augmented pixel values (B, C, H, W) and labels (B,): `per_class` images of each of as many classes as fit."""
        c, data = self.config, self.images.split("train")
        if not self.of_classes:
            self.of_classes = [torch.nonzero(data.labels == kind)[:, 0].cpu() for kind in range(self.known)]
            short = [name for name, rows in zip(self.format.classes, self.of_classes, strict=False) if len(rows) < 2]
            if short:
                raise LabError(f"Training needs two images of each class; of {', '.join(short)} there are fewer.")
        if not self.measured:
            self.net.measure(data.images)
            self.measured = True
            log.info("%d training images of %d classes; %s to %d numbers", len(data), self.known, c.network, c.width)
        wanted = max(2, min(self.known, c.batch_size // c.per_class))
        rows = []
        for kind in torch.randperm(self.known, generator=self.batch_rng)[:wanted].tolist():
            own = self.of_classes[kind]
            rows.append(own[torch.randperm(len(own), generator=self.batch_rng)[: c.per_class]])
        index = torch.cat(rows).to(self.device)
        images = data.images[index]
        return self.predictor.augmented(images, self.augment_rng) if c.augment else images, data.labels[index]

    # -- answers and figures ---------------------------------------------------------------------------------------

    @torch.no_grad()
    def points(self, net: Any, images: Tensor) -> np.ndarray:
        """Embeddings (N, width) float32 of length 1 of images (N, C, H, W) uint8."""
        with eval_mode(net):
            return torch.cat([F.normalize(net(part.to(self.device))).cpu() for part in images.split(BATCH)]).numpy()

    def figures(self, net: Any, split: Any) -> dict[str, float]:
        """auc, equal_error_rate, threshold and one_shot_accuracy of the classes that were learned, and auc_new and one_shot_new of new ones."""
        train, data = self.images.split("train"), self.images.split(split)
        points, labels = self.points(net, data.images), data.labels.cpu().numpy()
        old = labels < self.known
        figures = {
            **verification(*pair_distances(points[old], labels[old])),
            "one_shot_accuracy": self.one_shot(net, train, points, labels, old),
        }
        if self.config.new_classes > 1:
            figures["auc_new"] = verification(*pair_distances(points[~old], labels[~old]))["auc"]
            figures["one_shot_new"] = self.one_shot(net, train, points, labels, ~old)
        return figures

    def one_shot(self, net: Any, train: LabelledImages, points: np.ndarray, labels: np.ndarray, among: np.ndarray) -> float:
        """Mean one-shot accuracy of the points (N, width) that are `among` (N,), by templates of their classes from the training images."""
        rng = np.random.default_rng(0)
        kinds = np.unique(labels[among])
        source = train.labels.cpu().numpy()
        rows = np.flatnonzero(np.isin(source, kinds))
        drawn = [rows[template_rows(source[rows], rng)] for _ in range(DRAWS)]
        templates = self.points(net, train.images[torch.from_numpy(np.concatenate(drawn)).to(train.images.device)]).reshape(
            DRAWS, -1, points.shape[1]
        )
        return float(
            np.mean([one_shot(points[among], labels[among], part, source[own]) for part, own in zip(templates, drawn, strict=True)])
        )

    def validate(self) -> Metrics:
        f = self.figures(self.net, "validation")
        self.shown.history.append([self.steps, f["auc"], f["one_shot_accuracy"], f["equal_error_rate"]])
        return {"charts/validation_auc": [f["auc"]], "charts/validation_one_shot": [f["one_shot_accuracy"]]}

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Verification and one-shot classification on the test images."""
        data = self.images.split("test")
        return {
            **self.figures(self.net, "test"), "images": len(data), "classes": len(self.format.classes), "new_classes": self.config.new_classes,
            "protocol": f"test split of {shown(self.config.data)}; pairs of the first 1,000 images; one training image of each class as its template, "
            f"mean of {DRAWS} draws",
        }  # fmt: skip

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def exported(self) -> Exported:
        f = self.format
        shape = (f.channels, f.size, f.size)
        pixels = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0)) * 255
        about = (
            f"images, float32 (B, {', '.join(map(str, shape))}), pixel values from 0 to 255 -> embeddings (B, {self.config.width}); divide "
            "each by its length, then small distances mean the same class."
        )
        return Exported(self.net, {"images": pixels}, "embeddings", about)

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {
            "net": self.net, "optimizer": self.optimizer, "generators": {"batch": self.batch_rng, "augment": self.augment_rng},
            **attributes(self, "steps", "measured"), "history": Attribute(self.shown, "history"),
        }  # fmt: skip
