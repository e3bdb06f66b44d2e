"""Softmax regression: a linear classifier trained by mini-batch gradient descent on cross-entropy."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lab.answers import Confusion, Images
from lab.data.load import load_images
from lab.experiment import Experiment, Metrics, State, view
from lab.exported import Exported
from lab.quality.classification import confusion_table
from lab.recipes.vision.linear_config import LinearConfig
from lab.state import Attribute, Tree
from models.vision.linear import LinearClassifier


class Linear(Experiment):
    """One step is one mini-batch."""

    log_every = 100
    checkpoint_every = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/cross_entropy", "charts/accuracy")

    def __init__(self, config: LinearConfig, device: torch.device):
        super().__init__(config, device)
        self.config: LinearConfig = config
        self.generator = torch.Generator().manual_seed(config.seed)
        self.data = load_images("digits", "train", device)
        self.net = LinearClassifier().to(device)
        with torch.no_grad():
            self.net.fc.weight.copy_(torch.randn(self.net.fc.weight.shape, generator=self.generator) * 0.01)
            self.net.fc.bias.zero_()
        self.optimizer = torch.optim.SGD(
            self.net.parameters(), lr=config.learning_rate, momentum=config.momentum, weight_decay=config.weight_decay
        )

    def step(self) -> Metrics:
        index = torch.randint(len(self.data.labels), (self.config.batch_size,), generator=self.generator).to(self.device, non_blocking=True)
        images, labels = self.data.images[index].float() / 255, self.data.labels[index]
        scores = self.net(images)  # (B, 10)
        loss = F.cross_entropy(scores, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.steps += 1
        return {"losses/cross_entropy": loss.detach(), "charts/accuracy": (scores.argmax(1) == labels).float().mean()}

    def exported(self) -> Exported:
        about = "images, float32 (B, 1, 8, 8), from 0 to 1 -> scores, float32 (B, 10); softmax gives probabilities."
        return Exported(self.net, {"images": torch.zeros(2, 1, 8, 8).copy_(self.data.images[:2].float() / 255)}, "scores", about)

    def serving(self) -> nn.Module:
        return self.net

    def stateful(self) -> Tree:
        return {"net": self.net, "optimizer": self.optimizer, "generator": self.generator, "steps": Attribute(self, "steps")}

    def restore(self, state: State) -> None:
        if "momentum" in state:  # Older runs stored the buffers alone, in the order of the parameters.
            buffers = enumerate(state["momentum"] or [])
            state = {**state, "optimizer": {str(i): {"momentum_buffer": buffer} for i, buffer in buffers}}
        super().restore(state)

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        test = load_images("digits", "test", self.device)
        scores = self.net(test.images.float() / 255)
        return {
            "accuracy": float((scores.argmax(1) == test.labels).float().mean()),
            "loss": float(F.cross_entropy(scores, test.labels)),
            "images": len(test.labels),
        }

    @view(live=True)
    def templates(self, net: LinearClassifier) -> Images:
        """Each class's row of W as a picture: bright where a pixel is evidence for the class, dark where against it."""
        w = net.templates()[:, 0].cpu().numpy()  # (10, 8, 8)
        pixels = (127.5 + 127.5 * w / np.abs(w).max()).astype(np.uint8)
        return Images(pixels, [str(i) for i in range(10)], columns=5, scale=12)

    @view
    def confusion(self) -> Confusion:
        """Number of test images by true class (rows) and predicted class (columns): the diagonal is right."""
        test = load_images("digits", "test", self.device)
        predicted = self.net(test.images.float() / 255).argmax(1)
        return confusion_table(test.labels, predicted, [str(i) for i in range(10)])
