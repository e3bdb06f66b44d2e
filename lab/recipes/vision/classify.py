"""An image classifier: any network of models.vision on any labelled images, with training tricks as settings.

Minimises mean cross-entropy -log softmax(net(x))_y by mini-batches. Read first: `Classify.step`. Its views are in
`image_views` and `training_views`.
"""

import logging
from collections import deque
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lab.captured_optimizer import CapturedDescent
from lab.data.border_weights import class_weights
from lab.data.catalogue import shown
from lab.device import compute_dtype
from lab.early_stopping import EarlyStopping
from lab.epochs import EpochOrder
from lab.errors import LabError, UsageError
from lab.experiment import Experiment, Metrics
from lab.exported import Exported
from lab.recipes.vision.attention_views import AttentionViews
from lab.recipes.vision.classify_config import ClassifyConfig
from lab.recipes.vision.classify_data import ImageSplits, image_format
from lab.recipes.vision.classify_network import network_of
from lab.recipes.vision.excite_views import ExciteViews
from lab.recipes.vision.image_views import ImageViews
from lab.recipes.vision.layer_statistics import LayerStatistics
from lab.recipes.vision.predictor import Predictor
from lab.recipes.vision.training_views import TrainingViews
from lab.schedules import decay, warmup
from lab.state import Attribute, Tree, attributes
from lab.weights import begin_with_encoder, is_autoencoder, load_weights, read_weights, unit_to_normalised, weights_file
from models.processes import group, normalise_whole_batches
from models.vision import surgery
from models.vision.classifier import IMAGENET, ImageClassifier
from models.vision.knn import NearestNeighbours

log = logging.getLogger("lab.classify")

SMALL = ("lenet5", "mlp", "linear", "knn", "layers")
"""Networks in which casts to bf16 cost more than they save."""
STATISTICS_EVERY = 20


class Classify(Experiment):
    """Trains a network on labelled images. One step is one mini-batch; every epoch sees each image once, in a new order."""

    log_every = 50
    checkpoint_every = 1_000
    headline: ClassVar[tuple[str, ...]] = ("charts/validation_accuracy", "losses/cross_entropy")
    takes_processes = True
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size")
    view_parts: ClassVar[dict[str, type]] = {
        "image_views": ImageViews,
        "attending": AttentionViews,
        "exciting": ExciteViews,
        "training": TrainingViews,
    }

    def __init__(self, config: ClassifyConfig, device: torch.device):
        super().__init__(config, device)
        self.config: ClassifyConfig = config
        self.format = image_format(config, self.remembered)
        self.images = ImageSplits(config, self.format, device, self.remembered)
        self.augment_rng = torch.Generator().manual_seed(config.seed + 1)
        self.dropout_rng = torch.Generator(device).manual_seed(config.seed + 2)
        self.notes: list[str] = []
        self.measured = False
        self.of_classes: Tensor | None = None
        """The classes' weights in the loss, from the first step on that needs them."""
        self.takes_unit_pixels = False
        """Whether the first weights are an autoencoder's, whose images are not normalised."""
        self.net = self.build()
        self.dtype = torch.float32 if config.network in SMALL and config.precision == "auto" else compute_dtype(config.precision, device)
        self.trainable = [p for p in self.net.parameters() if p.requires_grad]
        self.optimizer = optimizer(config, self.trainable) if self.trainable else None
        self.captured = CapturedDescent(device, self.net, self.optimizer, [self.dropout_rng])
        self.order = EpochOrder(torch.Generator().manual_seed(config.seed), partial=True, least=2 if config.batch_size > 1 else 1)
        self.stopping = EarlyStopping(self.net, config.patience)
        self.recent: deque[Tensor] = deque(maxlen=200)
        """Loss and accuracy (2,) of the training batches since the last validation."""
        self.statistics = LayerStatistics(self.net.net)
        self.predictor = Predictor(config, self.images, device, self.dtype)
        self.image_views = ImageViews(self.predictor, self.format, self.notes)
        self.attending = AttentionViews(self.image_views)
        f = self.format
        self.exciting = ExciteViews((f.channels, f.size, f.size), f.classes, device, lambda image: self.images.picture(image)[0])
        self.training = TrainingViews(self.stopping, self.statistics)

    def read_data(self) -> None:
        if self.images.own:
            self.images.split("train")

    def build(self) -> ImageClassifier:
        """The network with the config's changes, its first weights drawn from the run's own generator."""
        c, f = self.config, self.format
        weights = read_weights(weights_file(c.weights)) if c.weights else {}
        net = network_of(c, f, weights, self.dropout_rng).to_empty(device=self.device)
        if isinstance(net, NearestNeighbours):
            for buffer in net.buffers():
                buffer.zero_()
        surgery.initialise(net, c.initialisation, torch.Generator().manual_seed(c.seed))
        normalise_whole_batches(net)
        made = ImageClassifier(net, f.channels).to(self.device)
        if weights:
            self.take_weights(made, weights)
        if c.freeze:
            try:
                frozen = surgery.freeze(net, [name.strip() for name in c.freeze.split(",")])
            except ValueError as error:
                raise UsageError(f"--freeze {c.freeze}: {error}.") from None
            if len(frozen) == len(list(net.parameters())):
                raise UsageError(f"--freeze {c.freeze}: nothing is left to train.")
            self.notes.append(f"{len(frozen)} of {len(list(net.parameters()))} parameter tensors are frozen")
        if c.network not in SMALL and c.network != "cnn1d":
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.notes.insert(0, f"{c.network} on {f.size}x{f.size}, {f.channels} channel(s), {len(f.classes)} classes; stem: {net.stem}")
        return made

    def take_weights(self, made: ImageClassifier, weights: dict[str, Tensor]) -> None:
        """Fill the network. Published ones know ImageNet's mean and deviation; else those of the new images are measured."""
        if is_autoencoder(weights):
            self.notes.append(begin_with_encoder(made.net, weights, self.config.weights))
            self.takes_unit_pixels = True
            return
        of_own_run = weights.pop("mean", None) is not None and weights.pop("std", None) is not None
        self.notes += load_weights(made.net, weights, Path(self.config.weights))
        if self.format.channels == 3 and not of_own_run:
            made.mean.copy_(torch.tensor(IMAGENET[0]))
            made.std.copy_(torch.tensor(IMAGENET[1]))
            self.measured = True

    # -- training --------------------------------------------------------------------------------------------------

    def step(self) -> Metrics:
        c = self.config
        images, labels = self.batch()
        if self.optimizer is None:
            return self.remember(images, labels)
        rate = self.learning_rate()
        surgery.train_mode(self.net)
        watching = self.steps % STATISTICS_EVERY == 0
        with self.statistics.recording(watching):
            # The last batch of an epoch may be smaller, and would be another graph.
            name = None if watching or len(images) < c.batch_size else "step"
            figures = self.captured.descend(rate, name, partial(self.learn, self.optimizer, watching), images, labels)["figures"]
        self.predictor.updates += 1
        self.steps += 1
        loss, accuracy = figures.unbind()
        self.recent.append(group.mean(figures))
        metrics: dict[str, Any] = {"losses/cross_entropy": loss, "charts/train_accuracy": accuracy, "charts/learning_rate": rate}
        if c.validation and self.steps % c.validate_every == 0:
            metrics |= self.validate()
        return metrics

    def learn(self, optimizer: torch.optim.Optimizer, watching: bool, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """One step of the optimiser on a batch; its loss and accuracy (2,)."""
        c = self.config
        try:
            scores, loss = self.scores_and_loss(images, labels)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise UsageError(
                f"--batch-size {c.batch_size}: batch norm needs more than one value a channel, and {c.network} has maps of one pixel "
                f"at --size {self.format.size}. Use --batch-size 2 or more, a larger --size, or --batch-norm off."
            ) from None
        self.captured.backward(group.share * loss if group.stepping else loss)
        group.add_gradients(self.trainable)
        if watching:
            self.statistics.take_gradients(self.steps)
        optimizer.step()
        return {"figures": torch.stack([loss.detach(), (scores.argmax(1) == labels).float().mean()])}

    def scores_and_loss(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Class scores (B, classes) of pixel values (B, C, H, W), and the mean loss."""
        c = self.config
        pixels = self.net.normalise(images)
        if self.channels_last():
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            if c.auxiliary_weight:
                scores, *others = self.net.net.with_auxiliary(pixels)  # type: ignore[operator]
            else:
                scores, others = self.net.net(pixels), []
        weights = self.class_weights() if c.class_balance else None
        loss = F.cross_entropy(scores.float(), labels, weights, label_smoothing=c.label_smoothing)
        for other in others:
            loss = loss + c.auxiliary_weight * F.cross_entropy(other.float(), labels, label_smoothing=c.label_smoothing)
        if c.l1:
            loss = loss + c.l1 * torch.stack([weight.abs().sum() for weight in self.trainable if weight.dim() > 1]).sum()
        return scores, loss

    def class_weights(self) -> Tensor:
        """(classes,): by frequency among the training images, their mean over those 1."""
        if self.of_classes is None:
            data = self.images.split("train")
            self.of_classes = class_weights(data.labels.cpu(), len(data.classes), self.config.class_balance).to(self.device)
        return self.of_classes

    def channels_last(self) -> bool:
        return self.config.network not in SMALL and self.config.network != "cnn1d"

    def batch(self) -> tuple[Tensor, Tensor]:
        """The next pixel values (B, C, H, W) float32 or uint8, augmented, and labels (B,)."""
        data = self.images.split("train")
        if not self.measured:
            self.net.measure(data.images)
            self.measured = True
            if self.takes_unit_pixels:
                unit_to_normalised(self.net.net.layers[0], self.net.mean, self.net.std)  # type: ignore[index, arg-type]
        if self.steps == 0:
            log.info("%d training images, %s", len(data), "; ".join(self.notes))
        rows = self.order.take(self.config.batch_size, len(data)).to(self.device, non_blocking=True)
        images, labels = group.part(self.predictor.augmented(data.images[rows], self.augment_rng), data.labels[rows])
        return images, labels

    def remember(self, images: Tensor, labels: Tensor) -> Metrics:
        """The step of k nearest neighbours: guess, then remember."""
        self.net.eval()
        with torch.no_grad():
            scores = self.net(images)
            loss = F.cross_entropy(scores, labels)
            assert isinstance(self.net.net, NearestNeighbours)
            self.net.net.remember(self.net.normalise(images), labels)
        self.steps += 1
        metrics: dict[str, Any] = {"losses/cross_entropy": loss, "charts/train_accuracy": (scores.argmax(1) == labels).float().mean()}
        self.recent.append(torch.stack(list(metrics.values())))
        if self.config.validation and self.steps % self.config.validate_every == 0:
            metrics |= self.validate()
        return metrics

    def learning_rate(self) -> float:
        """The current learning rate: linear warm-up, then the schedule."""
        c = self.config
        return c.learning_rate * max(decay(c.schedule, self.steps, c.schedule_steps), 1e-3) * warmup(self.steps, c.warmup_steps)

    # -- validation and early stopping -----------------------------------------------------------------------------

    def validate(self) -> Metrics:
        """Loss and accuracy on the held-out images; where they have stopped improving, the best weights come back."""
        loss, accuracy = self.figures("validation")
        train = [float(values.mean()) for values in torch.stack(list(self.recent), 1)]  # (2, N)
        self.recent.clear()
        self.training.history.append([self.steps, train[0], loss, train[1], accuracy])
        if self.stopping.see(self.steps, loss):
            self.ended = True
            log.info("early stopping at step %d: restored the weights of step %d", self.steps, self.stopping.step)
        return {"losses/validation_loss": [loss], "charts/validation_accuracy": [accuracy]}

    def why_ended(self) -> str:
        return (
            f"early stopping ended it at step {self.steps:,} and restored the weights of step {self.stopping.step:,}, as the validation "
            f"loss had not fallen for {self.config.patience} validations. To train longer, start a run with a larger --patience (0 never stops early)."
        )

    @torch.no_grad()
    def figures(self, split: Any) -> tuple[float, float]:
        """Mean loss and accuracy on a split."""
        data = self.images.split(split)
        probabilities = self.predictor.probabilities(self.net, data.images)
        picked = probabilities.gather(1, data.labels[:, None]).clamp(min=1e-12)
        return float(-picked.log().mean()), float((probabilities.argmax(1) == data.labels).float().mean())

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Accuracy and loss on the test split, with test-time augmentation where the config wants it."""
        data = self.images.split("test")
        copies = self.config.test_time_augmentation
        probabilities = self.predictor.mean_probabilities(self.net, data.images)
        picked = probabilities.gather(1, data.labels[:, None]).clamp(min=1e-12)
        return {
            "accuracy": float((probabilities.argmax(1) == data.labels).float().mean()),
            **top5(probabilities, data.labels),
            "loss": float(-picked.log().mean()),
            "images": len(data),
            "classes": len(data.classes),
            "test_time_augmentation": copies,
            "protocol": f"test split of {shown(self.config.data)}, {copies} view(s) of each image. {self.images.held_out_how()}".strip(),
        }

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def exported(self) -> Exported:
        f = self.format
        shape = (f.channels, f.size, f.size)
        pixels = torch.rand(2, *shape, generator=torch.Generator().manual_seed(0)) * 255
        names = ", ".join(f.classes[:12]) + (", ..." if len(f.classes) > 12 else "")
        about = f"images, float32 (B, {', '.join(map(str, shape))}), pixel values from 0 to 255 -> scores (B, {len(f.classes)}) of {names}."
        return Exported(self.net, {"images": pixels}, "scores", about)

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {
            "net": self.net,
            "optimizer": self.optimizer or {},
            "generators": {"order": self.order.generator, "augment": self.augment_rng, "dropout": self.dropout_rng},
            "epoch": {"order": Attribute(self.order, "order"), "place": Attribute(self.order, "position")},
            **attributes(self, "steps", "measured", "ended"),
            "history": Attribute(self.training, "history"),
            "best": self.stopping,
            "train_sums": Attribute(self, "recent", self.device),
            "statistics": self.statistics,
        }  # fmt: skip


def top5(probabilities: Tensor, labels: Tensor) -> dict[str, float]:
    """The share of `labels` (N,) among the five likeliest classes of `probabilities` (N, classes); nothing where there are five at most."""
    if probabilities.shape[1] <= 5:
        return {}
    return {"top5_accuracy": float((probabilities.topk(5).indices == labels[:, None]).any(1).float().mean())}


def optimizer(config: ClassifyConfig, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimiser of a config, by PyTorch's fused kernel where there is one."""
    c = config
    rate, decay = c.learning_rate, c.weight_decay
    match c.optimizer:
        case "sgd" | "momentum" | "nesterov":
            momentum = 0.0 if c.optimizer == "sgd" else c.momentum
            nesterov = c.optimizer == "nesterov"
            if nesterov and not momentum:
                raise UsageError("--optimizer nesterov needs --momentum above 0.")
            return torch.optim.SGD(parameters, rate, momentum, weight_decay=decay, nesterov=nesterov, fused=True)
        case "rprop":
            return torch.optim.Rprop(parameters, rate)
        case "adagrad":
            return torch.optim.Adagrad(parameters, rate, weight_decay=decay)
        case "rmsprop":
            return torch.optim.RMSprop(parameters, rate, momentum=c.momentum, weight_decay=decay)
        case "adadelta":
            return torch.optim.Adadelta(parameters, rate, weight_decay=decay)
        case "adam":
            return torch.optim.Adam(parameters, rate, weight_decay=decay, fused=True)
        case "adamw":
            return torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=True)
    raise LabError(f"Unknown optimiser {c.optimizer}.")
