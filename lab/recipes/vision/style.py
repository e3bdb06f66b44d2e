"""Style transfer: a picture's own pixels are what is learned. Read first: `Style.step`."""

import logging
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

import models
from lab.answers import Images, Table
from lab.data.image_reader import read_image, squared
from lab.data.photographs import SAMPLES, sample_file
from lab.errors import UsageError, unknown
from lab.experiment import Experiment, Metrics, view
from lab.parameters import Choice
from lab.recipes.vision.style_config import StyleConfig
from lab.state import Tree, attributes
from lab.time_lapse import Film, TimeLapse
from lab.weights import load_weights, read_weights
from models.vision.classifier import IMAGENET, ImageClassifier
from models.vision.excite import variation
from models.vision.explain import layers_with_maps
from models.vision.style import FilterBank, gram, relative_error, taps
from models.vision.surgery import ACTIVATION_TYPES

log = logging.getLogger("lab.style")

VGG_CONTENT, VGG_STYLE = ("net.features.22",), tuple(f"net.features.{i}" for i in (1, 6, 11, 20, 29))
"""relu4_2, and relu1_1 to relu5_1, as published."""


class Canvas(nn.Module):
    """The picture that is painted: `pixels` (1, 3, S, S) in [0, 1]."""

    def __init__(self, size: int):
        super().__init__()
        self.pixels = nn.Parameter(torch.full((1, 3, size, size), 0.5))

    def forward(self) -> Tensor:
        return self.pixels


class Style(Experiment):
    """One step moves every pixel once."""

    log_every = 5
    checkpoint_every = 100
    headline: ClassVar[tuple[str, ...]] = ("losses/style", "losses/content")
    memory_settings: ClassVar[tuple[str, ...]] = ("size",)

    def __init__(self, config: StyleConfig, device: torch.device):
        super().__init__(config, device)
        self.config: StyleConfig = config
        self.canvas = Canvas(config.size).to(device)
        self.optimizer = torch.optim.Adam(self.canvas.parameters(), config.learning_rate)
        self.lapse = TimeLapse(5, keep_first=True)
        self.targets: Targets | None = None

    def step(self) -> Metrics:
        c = self.config
        wanted = self.wanted()
        if self.steps == 0:
            self.begin()
        losses = wanted.losses(self.canvas.pixels)
        rough = variation(self.canvas.pixels).sum()
        loss = c.content_weight * losses["content"] + c.style_weight * losses["style"] + c.smoothness * rough
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            self.canvas.pixels.clamp_(0, 1)
        self.steps += 1
        if self.lapse.is_due(self.steps):
            self.lapse.add(self.steps, as_bytes(self.canvas.pixels)[0])
        return {"losses/content": losses["content"].detach(), "losses/style": losses["style"].detach(), "losses/variation": rough.detach()}

    def wanted(self) -> "Targets":
        """What the maps should be, worked out when it is first asked for: a stored picture can be seen without its network."""
        if self.targets is None:
            self.targets = Targets(self.config, self.device)
        return self.targets

    @torch.no_grad()
    def begin(self) -> None:
        """The first pixels."""
        c = self.config
        if c.start == "noise":
            noise = torch.randn(self.canvas.pixels.shape, generator=torch.Generator().manual_seed(c.seed))
            self.canvas.pixels.copy_((0.5 + 0.15 * noise).clamp(0, 1))
        else:
            self.canvas.pixels.copy_(photograph(c.content if c.start == "content" else c.style, c.size))

    def evaluate(self, **options: Any) -> dict[str, Any]:
        """Content and style losses of the picture as it is: 1 is as far as an empty one."""
        with torch.no_grad():
            losses = self.wanted().losses(self.canvas.pixels)
        return {
            "content": float(losses["content"]), "style": float(losses["style"]), "size": self.config.size,
            "protocol": f"relative squared errors of maps and Gram matrices, features: {self.config.features}",
        }  # fmt: skip

    # -- views -----------------------------------------------------------------------------------------------------

    @view(live=True)
    def painting(self, net: Any) -> Images:
        """The picture as it is now, between the two that it is made from: what is painted, and in whose manner."""
        c = self.config
        pictures = [photograph(c.content, c.size), net.pixels.detach().cpu(), photograph(c.style, c.size)]
        return Images(as_bytes(torch.cat(pictures)), [c.content, "painted", c.style], columns=3)

    @view
    def time_lapse(self, index: Choice = -1) -> Images:
        """The picture while it was painted, from its first step on; the newest is index -1. Save as GIF for a film."""
        if not len(self.lapse):
            raise UsageError("There is no picture yet. Train at least one step.")
        step, segment = self.lapse.at(index)
        history = np.stack([stored.read() for _, stored in self.lapse.pictures])
        return Film(segment.read()[None], [f"step {step:,}"], 1, history=history, steps=self.lapse.steps)

    @view
    def layers(self) -> Table:
        """Of each layer what it counts for, and how far the picture is from what is wanted there: 1 is as far as an empty one."""
        with torch.no_grad():
            rows = [[name, what, round(float(error), 4)] for name, what, error in self.wanted().by_layer(self.canvas.pixels)]
        return Table(["layer", "holds", "error"], rows)

    # -- the rest of the contract ----------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.canvas

    def stateful(self) -> Tree:
        return {"net": self.canvas, "optimizer": self.optimizer, "lapse": self.lapse, **attributes(self, "steps")}


class Targets:
    """A fixed network, the layers that count, and what their maps should be."""

    def __init__(self, config: StyleConfig, device: torch.device):
        c = config
        self.net, content_layers, style_layers = features_of(c, device)
        self.net.eval().requires_grad_(False)
        self.content_layers, self.style_layers = content_layers, style_layers
        self.layers = [*content_layers, *style_layers]
        content, style = (255 * photograph(name, c.size).to(device) for name in (c.content, c.style))
        with torch.no_grad():
            self.content = taps(self.net, self.seen(content), content_layers)
            self.style = [gram(maps) for maps in taps(self.net, self.seen(style), style_layers)]
        log.info("content by %s, style by %s", ", ".join(content_layers), ", ".join(style_layers))

    def seen(self, pixels: Tensor) -> Tensor:
        """Pixel values as the network takes them: grey ones for one channel."""
        grey = isinstance(self.net, ImageClassifier) and len(self.net.mean) == 1
        return pixels.mean(1, keepdim=True) if grey else pixels

    def by_layer(self, canvas: Tensor) -> list[tuple[str, str, Tensor]]:
        """Each layer's name, what it holds, and its relative error."""
        maps = taps(self.net, self.seen(255 * canvas), self.layers)
        count = len(self.content_layers)
        of_content = [(n, "content", relative_error(a, b)) for n, a, b in zip(self.content_layers, maps[:count], self.content, strict=True)]
        return of_content + [
            (n, "style", relative_error(gram(a), b)) for n, a, b in zip(self.style_layers, maps[count:], self.style, strict=True)
        ]

    def losses(self, canvas: Tensor) -> dict[str, Tensor]:
        """The mean errors of content and of style."""
        errors = self.by_layer(canvas)
        return {kind: torch.stack([error for _, what, error in errors if what == kind]).mean() for kind in ("content", "style")}


def features_of(config: StyleConfig, device: torch.device) -> tuple[nn.Module, list[str], list[str]]:
    """The network of a config, and its layers for content and style. Raises UsageError where there is none, or no such layers."""
    c = config
    if c.features == "filters":
        bank = FilterBank()
        bank.initialise(torch.Generator().manual_seed(c.seed))
        net: nn.Module = bank.to(device)
        known, content, style = [name for name, _ in bank.named_children()], ["scale2"], [name for name, _ in bank.named_children()]
    elif (path := Path(c.features).expanduser()).is_file():
        vgg = models.build("vgg19", classes=1000, channels=3, size=224)
        load_weights(vgg, read_weights(path), path)
        published = ImageClassifier(vgg, 3)
        published.mean.copy_(torch.tensor(IMAGENET[0]))
        published.std.copy_(torch.tensor(IMAGENET[1]))
        net = published.to(device)
        known, content, style = maps_of(net, c.size, device), list(VGG_CONTENT), list(VGG_STYLE)
    else:
        from lab.stored_runs import find

        run = find(c.features)
        if run.recipe.name != "classify":
            raise UsageError(
                f"--features {c.features} is a run of {run.recipe.name}; give one of classify, filters, or a file of VGG-19 weights."
            )
        net = run.experiment(device.type, serving_only=True).serving()
        known = maps_of(net, c.size, device)
        if not known:
            raise UsageError(f"--features {c.features}: its network has no feature maps. Give a run of a convolutional one.")
        content, style = [known[len(known) // 2]], known[:: max(1, len(known) // 5)][:5]
    return net, listed(c.content_layers, known, content), listed(c.style_layers, known, style)


def maps_of(net: nn.Module, side: int, device: torch.device) -> list[str]:
    """The activations of a classifier that give maps, as far as it takes pictures of that side."""
    channels = len(net.mean)  # type: ignore[arg-type]
    try:
        return layers_with_maps(net, torch.zeros(1, channels, side, side, device=device), ACTIVATION_TYPES)
    except RuntimeError:  # Its dense layers take one size alone; the maps before them take any.
        return [name for name, module in net.named_modules() if isinstance(module, ACTIVATION_TYPES) and "classifier" not in name]


def listed(given: str, known: list[str], chosen: list[str]) -> list[str]:
    """Layers by their names, or those chosen. Raises UsageError for an unknown one."""
    if not given.strip():
        return chosen
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise unknown("layer with maps", name, known)
    return names


def photograph(name: str, size: int) -> Tensor:
    """(1, 3, size, size) in [0, 1]: the central square of a sample or of an image file. Raises UsageError where there is none."""
    path = sample_file(name) if name in SAMPLES else Path(name).expanduser()
    if not path.is_file():
        raise UsageError(f"{name}: there is no such picture. Give {' or '.join(SAMPLES)}, or an image file.")
    pixels = squared(read_image(path).convert("RGB"), size)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255


def as_bytes(pixels: Tensor) -> np.ndarray:
    """(N, 3, H, W) in [0, 1] -> (N, H, W, 3) uint8."""
    return (255 * pixels.detach().clamp(0, 1)).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().contiguous().numpy()
