"""What the recipes of labelled scenes have in common: their data, a network with AdamW under a cosine, epochs, and the words of their protocol."""

from abc import abstractmethod
from collections.abc import Callable, Hashable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.captured_optimizer import CapturedDescent
from lab.data.catalogue import find, shown
from lab.device import autocast, compute_dtype
from lab.epochs import EpochOrder
from lab.experiment import Experiment, Metrics
from lab.recipes.vision.scene_config import SceneConfig
from lab.recipes.vision.scene_data import SceneData
from lab.schedules import decay, warmup
from lab.state import Attribute, Tree, attributes
from models.vision.classifier import ImageClassifier

BATCH = 8
"""Pictures at once outside training."""


class SceneExperiment(Experiment):
    """A recipe gives its `network`, its `step` (which goes through `descend`) and its view part `shown`, which keeps the history of validations."""

    log_every = 25
    checkpoint_every = 500
    randomness: ClassVar[str]
    """The name in checkpoints of the generator of augmentations."""
    scene_data: ClassVar[type[SceneData]] = SceneData
    shown: Any

    def __init__(self, config: SceneConfig, device: torch.device):
        super().__init__(config, device)
        self.config: Any = config
        self.scenes = self.scene_data(config, device, self.remembered)
        self.dtype = compute_dtype(config.precision, device)
        self.net = self.build()
        self.optimizer = torch.optim.AdamW(self.net.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True)
        self.captured = CapturedDescent(device, self.net, self.optimizer)
        self.order = EpochOrder(torch.Generator().manual_seed(config.seed), partial=True, least=2)
        self.augment_rng = torch.Generator().manual_seed(config.seed + 1)

    def read_data(self) -> None:
        if find(self.config.data).origin == "own":
            self.scenes("train")
            self.scenes("test")

    @abstractmethod
    def network(self) -> Any:
        """A network of RGB pictures with a method `initialise`; made where it costs nothing, on the meta device."""

    def build(self) -> ImageClassifier:
        """The network, its first weights drawn from the run's own generator."""
        with torch.device("meta"):  # The constructors' own draws would come from the global generator.
            net = self.network()
        net = net.to_empty(device=self.device)
        net.initialise(torch.Generator().manual_seed(self.config.seed))
        made = ImageClassifier(net, 3).to(self.device)
        made.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return made

    def answers_of(self, net: ImageClassifier, images: Tensor) -> Any:
        """What the network says of images (B, 3, H, W) uint8, in the run's arithmetic."""
        pixels = net.normalise(images).contiguous(memory_format=torch.channels_last)
        with autocast(self.device, self.dtype):
            return net.net(pixels)

    def descend(self, name: Hashable, learn: Callable[..., dict[str, Tensor]], *batch: Tensor) -> Metrics:
        """`learn(*batch)`, which ends in `update`, as one step; its metrics. On a GPU it is captured under the `name`, unless that is None."""
        c = self.config
        rate = c.learning_rate * max(decay("cosine", self.steps, c.schedule_steps), 1e-3) * warmup(self.steps, c.warmup_steps)
        whole = len(batch[0]) == c.batch_size  # The last batch of an epoch may be smaller.
        made = self.captured.descend(rate, name if whole else None, learn, *batch)
        self.steps += 1
        return {**made, "charts/learning_rate": rate}

    def update(self, loss: Tensor, largest_norm: float = 0.0) -> None:
        """One step of the optimiser down `loss`, with gradients cut to `largest_norm` unless that is 0."""
        self.captured.backward(loss)
        if largest_norm:
            nn.utils.clip_grad_norm_(self.net.parameters(), largest_norm)
        self.optimizer.step()

    def protocol(self, count: int, figures: str) -> str:
        """How test figures came about."""
        held_out = "of other episodes" if self.config.data == "atari" else "of the test split"
        return f"{count} scenes {held_out} of {shown(self.config.data)}; {figures}"

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {
            "net": self.net, "optimizer": self.optimizer, "generators": {self.randomness: self.augment_rng}, "order": self.order,
            **attributes(self, "steps"), "history": Attribute(self.shown, "history"),
        }  # fmt: skip
