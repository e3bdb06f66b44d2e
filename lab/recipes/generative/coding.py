"""What the autoencoder and the VAE share: an encoder, so that a real picture can be put in, and its code changed by hand.

Read first: `Coding.train_on`. The networks' parameters lie in one flat buffer (`models.kernels.flat_parameters`), computed in bf16 where that is fast.
"""

import base64
import binascii
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Images, Scatter
from lab.checkpoint import serving_weights
from lab.errors import UsageError
from lab.experiment import State, view
from lab.recipes.generative.generative import to_pixels, unit_images
from lab.recipes.generative.generative_config import CodingConfig
from lab.recipes.generative.latent_views import LatentViews, device_of
from lab.seeding import seeded
from models.kernels.flat_parameters import FlatAdam, FlatNetwork


class Coding(LatentViews):
    """Base of the recipes that encode and decode."""

    def __init__(self, config: CodingConfig, device: torch.device):
        super().__init__(config, device)
        with seeded(self.network_seed):
            net = self.build()
        net = net.to(device)
        if config.architecture == "conv":
            net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.net = FlatNetwork(net, self.dtype)
        self.optimizer = FlatAdam(self.net, config.learning_rate, 1e-8)

    def build(self) -> nn.Module:
        """The network, its weights drawn from the run's seed."""
        raise NotImplementedError

    def descend(self, loss: Tensor) -> None:
        """One step of Adam down the loss."""
        self.optimizer.step(self.net.backward(loss))
        self.net.sync()

    def serving(self) -> nn.Module:
        return self.net.master

    def state(self) -> State:
        return {"net": serving_weights(self.net.master), "adam": self.optimizer.state(), **self.common_state()}

    def restore(self, state: State) -> None:
        self.net.master.load_state_dict(state["net"])
        self.net.sync()
        self.optimizer.restore(state["adam"])
        self.restore_common(state)

    # -- views -----------------------------------------------------------------------------------------------------

    def picture(self, net: Any, index: int, pixels: str, label: int) -> tuple[Tensor, Tensor | None]:
        """A test image, or the given one: (1, C, H, W) in [0, 1] and its label (1,) where the model wants one.

        `pixels` is base64 of C * H * W bytes in the order row, column, channel.
        """
        if not pixels:
            data = self.images("test")
            if not 0 <= index < len(data):
                raise UsageError(f"--index must be from 0 to {len(data) - 1}, the number of a test image; got {index}.")
            found = data.labels[index : index + 1] if label == -1 else torch.tensor([self.checked_label(label)], device=self.device)
            return unit_images(data.images[index : index + 1], torch.float32), found if net.classes else None
        channels, height, width = self.shape
        try:
            raw = base64.b64decode(pixels, validate=True)
            array = np.frombuffer(raw, np.uint8).reshape(height, width, channels)
        except (binascii.Error, ValueError):
            raise UsageError(f"--pixels must be base64 of {height} x {width} x {channels} bytes.") from None
        image = torch.from_numpy(array.copy()).permute(2, 0, 1)[None].to(device_of(net))
        return unit_images(image, torch.float32), torch.tensor(
            [self.checked_label(max(0, label))], device=self.device
        ) if net.classes else None

    @view(live=True)
    def reconstruct(self, net: Any, index: int = 0, pixels: str = "", label: int = -1) -> Images:
        """A test image (or the given pixels), its reconstruction, and the error map: bright where they differ."""
        image, labels = self.picture(net, index, pixels, label)
        again = net.decode(net.encode(image, labels), labels)
        error = (again - image).abs()
        rows = np.concatenate([to_pixels(x) for x in (image, again, error)])
        captions = ["image", "reconstruction", f"error {255 * float(error.mean()):.1f} / 255"]
        return Images(rows, captions, columns=3, scale=self.scale(160))

    @view(live=True)
    def reconstructions(self, net: Any, n: int = 16) -> Images:
        """Test images, and below each its reconstruction."""
        data = self.images("test")
        count = max(1, min(n, len(data), 64))
        images, labels = unit_images(data.images[:count], torch.float32), data.labels[:count] if net.classes else None
        again = net.decode(net.encode(images, labels), labels)
        return Images(np.concatenate([to_pixels(images), to_pixels(again)]), columns=count, scale=self.scale())

    @view(live=True)
    def code(self, net: Any, index: int = 0, pixels: str = "", label: int = -1) -> Curves:
        """The code of a test image (or of the given pixels): one value a dimension."""
        image, labels = self.picture(net, index, pixels, label)
        z = net.encode(image, labels)[0].float().cpu().numpy()
        return Curves({"code": (np.arange(len(z)), z)}, x_label="dimension", y_label="value")

    @view(live=True)
    def codes(self, net: Any, n: int = 500, anchors: str = "") -> Scatter:
        """Encoded test images as dots of their class's colour, in the coordinates of the plane."""
        count = max(1, min(n, len(self.images("test")), 5000))
        z = self.encode(net, slice(0, count))
        origin, axes, _ = self.frame_of(net, anchors)
        points = (z - origin) @ torch.linalg.pinv(axes)
        classes = self.images("test").labels[:count].cpu().numpy()
        return Scatter(points.float().cpu().numpy(), classes, list(self.class_names), x_label="first direction", y_label="second direction")
