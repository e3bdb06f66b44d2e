"""Views of a latent space: samples, walks, the square, planes, arithmetic, traversals, classes. All answer during training.

An **anchor** is a point z, written as text: `3` or `3@5` (sample 3 of seed 0 or 5), `seed:7` (drawn from seed 7), `image:17`
(test image 17, encoded; a GAN is searched for it) or `z:0.1,-0.2,...`. Several are separated by commas, or by semicolons where
one begins with `z:`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Curves, Images, Table
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Choice, Count, Index, Real, Seed, Share, Side, Span
from lab.recipes.generative.generative_config import ImageConfig
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.pixels import NOISE_ROWS, enlargement, fixed_noise, given_image, to_pixels, unit_images
from models.generative import inversion, latent
from models.generative.latent import Mode

SCENE = 256
"""Test images from which principal directions and active units are found."""
DIRECTIONS = 24
"""Principal directions of the images, where a code has as many numbers as an image."""


class LatentViews:
    """The views of a model with a latent space, whose held-out images `feed` has."""

    def __init__(self, config: ImageConfig, feed: ImageFeed):
        self.config, self.feed, self.size = config, feed, config.code_length(feed.shape)
        self.inverted: dict[int, Tensor] = {}
        self.axes: tuple[Tensor, Tensor] | None = None

    # -- drawing ---------------------------------------------------------------------------------------------------

    def draw(self, net: Any, z: Tensor, label: int | Tensor = -1) -> np.ndarray:
        """Pixels of z (N, D), of the class `label` (of class 0, 1, 2, ... in turn where it is -1)."""
        labels = self.labels(net, len(z), label) if isinstance(label, int) else label if net.classes else None
        return to_pixels(net.decode(z, labels))

    def labels(self, net: Any, count: int, label: int) -> Tensor | None:
        """The class `label` for each of `count` images, or the classes in turn where it is -1; None for a model without classes."""
        if not net.classes:
            return None
        if label == -1:
            return torch.arange(count, device=device_of(net)) % net.classes
        return torch.full((count,), self.checked_label(label), device=device_of(net))

    def checked_label(self, label: int) -> int:
        if not 0 <= label < len(self.feed.class_names):
            raise UsageError(
                f"--label must be from 0 to {len(self.feed.class_names) - 1} ({', '.join(self.feed.class_names)}), got {label}."
            )
        return label

    def scale(self, wanted: int = 64) -> int:
        """How many times a picture is enlarged."""
        return enlargement(self.feed.shape[1], wanted)

    def noise(self, net: nn.Module, seed: int = 0) -> Tensor:
        return fixed_noise(seed, self.size).to(device_of(net))

    def encode(self, net: Any, index: Sequence[int] | slice) -> Tensor:
        """Codes of test images: from the encoder, or, where there is none, the points whose images are nearest."""
        data = self.feed.images("test")
        images = unit_images(data.images[index], torch.float32)
        labels = data.labels[index] if net.classes else None
        return net.encode(images, labels) if net.has_encoder else inversion.invert(net, images, labels, self.noise(net))

    def encoded(self, net: Any, index: int) -> Tensor:
        """The code (1, D) of a test image. One that had to be searched for is kept: the search takes a second."""
        if net.has_encoder:
            return self.encode(net, [index])
        if index not in self.inverted:
            self.inverted[index] = self.encode(net, [index])
        return self.inverted[index]

    def anchors(self, net: Any, text: str, least: int = 1, most: int = NOISE_ROWS) -> Tensor:
        """The points (A, D) that `text` names."""
        parts = [part.strip() for part in text.split(";" if ";" in text or text.strip().startswith("z:") else ",") if part.strip()]
        if not least <= len(parts) <= most:
            raise UsageError(f"Expected {least} to {most} anchors, such as 0,1,2,3 or seed:4,image:7; got {text!r}.")
        points = [self.anchor(net, part) for part in parts]
        drawn = [z for z, is_noise in points if is_noise]
        if not drawn:
            return torch.cat([z for z, _ in points])
        # Together: a prior that draws place by place takes as long for one as for all.
        samples = iter(net.prior(torch.cat(drawn)).split(1))
        return torch.cat([next(samples) if is_noise else z for z, is_noise in points])

    def anchor(self, net: Any, text: str) -> tuple[Tensor, bool]:
        """One point (1, D), and whether it is noise, of which the prior makes the point."""
        kind, _, value = text.rpartition(":")
        try:
            if kind == "z":
                z = torch.tensor([float(part) for part in value.split(",")], device=device_of(net))[None]
                if z.shape[1] != self.size:
                    raise UsageError(f"z has {self.size} dimensions, got {z.shape[1]} numbers.")
                if not bool(torch.isfinite(z).all()):
                    raise ValueError
                return z, False
            if kind == "image":
                count = len(self.feed.images("test"))
                if not 0 <= int(value) < count:
                    raise UsageError(f"image:{value}: the test images are numbered from 0 to {count - 1}.")
                return self.encoded(net, int(value)), False
            if kind == "seed":
                return self.noise(net, whole(value))[:1], True
            row, _, seed = value.partition("@")
            if kind or not 0 <= int(row) < NOISE_ROWS:
                raise ValueError
            return self.noise(net, whole(seed or "0"))[int(row)][None], True
        except ValueError:
            raise UsageError(
                f"{text!r} is not an anchor: expected the number of a sample (0 to {NOISE_ROWS - 1}), seed:N, image:N or z:NUMBER,NUMBER,..."
            ) from None

    def picture(self, net: Any, index: int, pixels: str, label: int) -> tuple[Tensor, Tensor | None]:
        """A test image, or the given one: (1, C, H, W) in [0, 1] and its label (1,) where the model wants one.

        `pixels` is base64 of C * H * W bytes in the order row, column, channel.
        """
        if not pixels:
            data = self.feed.images("test")
            if not 0 <= index < len(data):
                raise UsageError(f"--index must be from 0 to {len(data) - 1}, the number of a test image; got {index}.")
            labels = data.labels[index : index + 1] if label == -1 else torch.tensor([self.checked_label(label)], device=self.feed.device)
            return unit_images(data.images[index : index + 1], torch.float32), labels if net.classes else None
        image = given_image(self.feed.shape, pixels).to(device_of(net))
        return image, torch.tensor([self.checked_label(max(0, label))], device=self.feed.device) if net.classes else None

    # -- samples and walks -----------------------------------------------------------------------------------------

    @view(live=True)
    def samples(self, net: Any, n: Count = 64, seed: Seed = 0, label: Choice = -1) -> Images:
        """Images drawn from fixed z, the samples 0 to n - 1 of a seed row by row (of every class in turn where label is -1)."""
        count = max(1, min(n, NOISE_ROWS))
        pixels = self.draw(net, net.prior(self.noise(net, seed)[:count]), label)
        return Images(pixels, columns=self.columns(net, count), scale=self.scale())

    @view(live=True)
    def test_images(self, net: Any, n: Count = 36, first: Index = 0) -> Images:
        """The images that the network has not seen, from number `first` on: as anchors they are image:0, image:1, ..."""
        data = self.feed.images("test")
        start = max(0, min(first, len(data) - 1))
        return Images(to_pixels(unit_images(data.images[start : start + max(1, n)], torch.float32)), columns=6, scale=self.scale())

    def columns(self, net: Any, count: int) -> int:
        if net.classes and net.classes <= 12:
            return net.classes
        return max(1, round(count**0.5))

    @view(live=True)
    def interpolate(
        self, net: Any, anchors: str = "0,1,2,3", steps: Count = 24, mode: Mode = "spherical", label: Choice = 0, loop: bool = True
    ) -> Images:
        """A walk from anchor to anchor (and back to the first), in equal steps along straight or spherical paths."""
        pixels = self.draw(net, self.way(net, anchors, steps, mode, loop), label)
        return Images(pixels, columns=min(12, len(pixels)), scale=self.scale())

    @view(live=True)
    def walk_distance(
        self, net: Any, anchors: str = "0,1,2,3", steps: Count = 24, mode: Mode = "spherical", label: Choice = 0, loop: bool = True
    ) -> Curves:
        """The distance of each frame of the walk from the one before: root mean square difference of the pixels (0 to 255)."""
        z = self.way(net, anchors, steps, mode, loop)
        if loop:
            z = torch.cat([z, z[:1]])
        frames = self.draw(net, z, label).astype(np.float32).reshape(len(z), -1)
        distance = np.sqrt(np.square(np.diff(frames, axis=0)).mean(1))
        ratio = distance.max() / max(float(distance.mean()), 1e-9)
        title = f"mean {distance.mean():.2f}, largest {distance.max():.2f} ({ratio:.2f} times the mean)"
        return Curves({"distance": (np.arange(1, len(z)), distance)}, x_label="frame", y_label="distance to the frame before", title=title)

    def way(self, net: Any, anchors: str, steps: int, mode: Mode, loop: bool) -> Tensor:
        return latent.path(self.anchors(net, anchors, 2), max(2, min(steps, 600)), mode, loop)

    @view(live=True)
    def walk(
        self, net: Any, anchors: str = "0,1,2,3", t: Real = 0.0, mode: Mode = "spherical", label: Choice = 0, loop: bool = True
    ) -> Images:
        """One frame of the walk, at t from 0 (the first anchor) to 1 (the last, or the first again)."""
        z = latent.along(self.anchors(net, anchors, 2), torch.tensor([min(1.0, max(0.0, t))]), mode, loop)
        return self.single(net, z, label)

    @view(live=True)
    def square(
        self, net: Any, anchors: str = "0,1,2,3", u: Share = 0.5, v: Share = 0.5, mode: Mode = "spherical", label: Choice = 0, n: Side = 1
    ) -> Images:
        """One frame in the square between four anchors (top left, top right, bottom left, bottom right): u to the right, v down.
        With n above 1 the whole square, as n by n frames."""
        corners = self.anchors(net, anchors, 3, 4)
        if len(corners) == 3:  # A triangle: its third corner is the whole lower edge.
            corners = torch.cat([corners, corners[2:]])
        if n > 1:
            ticks = torch.linspace(0, 1, min(n, 40), device=corners.device)
            down, right = torch.meshgrid(ticks, ticks, indexing="ij")
            z = latent.square(corners, right.reshape(-1, 1), down.reshape(-1, 1), mode)
            return Images(self.draw(net, z, label), columns=len(ticks), scale=self.scale(40))
        at = [torch.tensor([[min(1.0, max(0.0, x))]], device=corners.device) for x in (u, v)]
        return self.single(net, latent.square(corners, at[0], at[1], mode), label)

    @view(live=True)
    def decode(self, net: Any, code: str = "", label: Choice = 0) -> Images:
        """The image at z, given as numbers separated by commas; missing ones are 0."""
        try:
            values = [float(part) for part in code.split(",") if part.strip()]
        except ValueError:
            raise UsageError(f"--code must be numbers separated by commas, got {code!r}.") from None
        if len(values) > self.size or not all(abs(v) < 1e6 for v in values):
            raise UsageError(f"--code takes at most {self.size} finite numbers, got {len(values)}.")
        z = torch.zeros(1, self.size, device=device_of(net))
        z[0, : len(values)] = torch.tensor(values)
        return self.single(net, z, label)

    def single(self, net: Any, z: Tensor, label: int) -> Images:
        return Images(self.draw(net, z, label), columns=1, scale=self.scale(256), codes=numbers(z))

    @view(live=True)
    def gallery(self, net: Any, anchors: str = "0,1,2,3", labels: str = "") -> Images:
        """Anchors side by side, each of the class beside it in `labels` (numbers separated by commas; class 0 where there is none)."""
        z = self.anchors(net, anchors)
        parts = [part.strip() for part in labels.split(",") if part.strip()]
        if not all(part.isdigit() for part in parts):
            raise UsageError(f"--labels must be the numbers of classes, separated by commas, got {labels!r}.")
        classes = [self.checked_label(int(part)) if net.classes else 0 for part in [*parts, *["0"] * len(z)][: len(z)]]
        pixels = self.draw(net, z, torch.tensor(classes, device=z.device))
        return Images(pixels, columns=max(1, round(len(z) ** 0.5)), scale=self.scale(), codes=numbers(z))

    @view(live=True)
    def anchor_codes(self, net: Any, anchors: str = "0,1,2,3") -> Table:
        """Each anchor's z, one column per anchor."""
        z = self.anchors(net, anchors).cpu().tolist()
        return Table(["dimension", *(f"anchor {i}" for i in range(len(z)))], [[d, *(row[d] for row in z)] for d in range(self.size)])

    # -- planes ----------------------------------------------------------------------------------------------------

    def frame_of(self, net: Any, anchors: str) -> tuple[Tensor, Tensor, float]:
        """(origin (D,), axes (2, D), half the side) of the plane that is shown."""
        if anchors.strip():
            origin, axes = latent.plane_through(self.anchors(net, anchors, 3, 3))
            return origin, axes, 1.5
        if code_is_picture(net):
            axes, _ = self.image_axes()
            return latent.origin_beside(axes[:2], self.noise(net)[0]), axes[:2], 2.5
        if self.size == 2 and not net.has_encoder:
            return torch.zeros(2, device=device_of(net)), torch.eye(2, device=device_of(net)), 2.5
        if self.size == 2:
            return net.prior(torch.zeros(1, 2, device=device_of(net)))[0], self.prior_axes(net), 2.5
        if net.has_encoder:
            origin, axes = latent.principal_directions(self.encode(net, slice(0, SCENE)))
            return origin, axes, 2.5
        axes = latent.strongest_directions(net.directions().detach())
        # Noise of many dimensions is about sqrt(D) long: G knows nothing nearer to 0, and draws grey there.
        return latent.origin_beside(axes, self.noise(net)[0]), axes, max(3.0, 0.6 * self.size**0.5)

    def image_axes(self) -> tuple[Tensor, Tensor]:
        """Unit directions (K, D) in which test images vary most, and their standard deviations (K,): a flow leads from noise along
        them to pictures along them. Found once, as the images stay the same."""
        if self.axes is None:
            images = unit_images(self.feed.images("test").images[: 2 * SCENE], torch.float32).flatten(1)
            directions = latent.image_directions(images, DIRECTIONS)
            deviation = directions.norm(dim=1)
            self.axes = directions / deviation.clamp(min=1e-12)[:, None], deviation
        return self.axes

    def prior_axes(self, net: Any) -> Tensor:
        """The two axes of a 2-D prior, as long as its standard deviations."""
        zero, eye = torch.zeros(1, 2, device=device_of(net)), torch.eye(2, device=device_of(net))
        return net.prior(eye) - net.prior(zero)

    @view(live=True)
    def plane(self, net: Any, n: Side = 15, anchors: str = "", label: Choice = 0, side: Span = 0.0) -> Images:
        """A plane of the latent space as a grid: all of it where z has two dimensions, else through three anchors, or along the
        first two principal directions. x grows to the right and y upwards, from -side to side (0 chooses)."""
        origin, axes, half = self.frame_of(net, anchors)
        count = max(2, min(n, 40))
        ticks = torch.linspace(-1, 1, count, device=origin.device) * (side or half)
        y, x = torch.meshgrid(ticks.flip(0), ticks, indexing="ij")
        z = origin + x.reshape(-1, 1) * axes[0] + y.reshape(-1, 1) * axes[1]
        return Images(self.draw(net, z, label), columns=count, scale=self.scale(40), title=f"from {-(side or half):g} to {side or half:g}")

    @view(live=True)
    def plane_point(self, net: Any, x: Real = 0.0, y: Real = 0.0, anchors: str = "", label: Choice = 0) -> Images:
        """The image at a point of the plane."""
        origin, axes, _ = self.frame_of(net, anchors)
        return self.single(net, (origin + x * axes[0] + y * axes[1])[None], label)

    @view(live=True)
    def plane_frame(self, net: Any, anchors: str = "") -> Table:
        """Three z that span the plane, at (0, 0), (1, 0) and (0, 1): given as anchors they make the same plane, found once."""
        origin, axes, _ = self.frame_of(net, anchors)
        z = torch.stack([origin, origin + axes[0], origin + axes[1]]).cpu().tolist()
        return Table(["dimension", "at (0, 0)", "at (1, 0)", "at (0, 1)"], [[d, *(p[d] for p in z)] for d in range(self.size)])

    # -- arithmetic and dimensions ---------------------------------------------------------------------------------

    @view(live=True)
    def arithmetic(self, net: Any, a: str = "0,1,2", b: str = "3,4,5", c: str = "6", label: Choice = 0) -> Images:
        """Mean of set A minus mean of set B plus mean of set C; each mean is drawn beside the result."""
        means = [self.anchors(net, text).mean(0) for text in (a, b, c)]
        z = torch.stack([*means, means[0] - means[1] + means[2]])
        return Images(self.draw(net, z, label), ["A", "- B", "+ C", "= result"], columns=4, scale=self.scale(128), codes=numbers(z))

    def strengths(self, net: Any) -> tuple[np.ndarray, np.ndarray, str]:
        """(strength (D,), active (D,) bool, what the strength is) of each dimension of z.

        Where codes are pictures, of each principal direction: the standard deviation of the images along it.
        With an encoder: the variance over test images of the code's mean; active above 0.01 (Burda et al. 2016, sec. 5.2).
        Without: the length of the first layer's weights from it, active above a tenth of the largest.
        """
        if code_is_picture(net):
            deviation = self.image_axes()[1].cpu().numpy()
            return deviation, deviation > 0.1 * deviation.max(), "images' deviation"
        if net.has_encoder:
            variance = self.encode(net, slice(0, SCENE)).float().var(0).cpu().numpy()
            return variance, variance > 0.01, "variance"
        length = net.directions().detach().float().norm(dim=0).cpu().numpy()
        return length, length > 0.1 * length.max(), "weight"

    @view(live=True)
    def traversal(self, net: Any, anchor: str = "0", dims: str = "", steps: Count = 11, span: Span = 3.0, label: Choice = 0) -> Images:
        """One dimension of z a row, changed from -span (left) to span (right) around the anchor; active units are marked with *.
        Without dims, the ten strongest. Where z is noise in the shape of a picture: one principal direction of the images at a time."""
        z = self.anchors(net, anchor, 1, 1)
        strength, active, what = self.strengths(net)
        chosen = self.chosen_dims(dims, strength)
        count = max(2, min(steps, 41))
        offsets = torch.linspace(-span, span, count, device=z.device)
        moved = z.repeat(len(chosen) * count, 1)
        for row, d in enumerate(chosen):
            rows = moved[row * count : (row + 1) * count]
            if code_is_picture(net):
                rows += offsets[:, None] * self.image_axes()[0][d]
            else:
                rows[:, d] += offsets * (float(np.sqrt(strength[d])) if net.has_encoder and not hasattr(net, "mu") else 1.0)
        captions = [""] * len(moved)
        for row, d in enumerate(chosen):
            captions[row * count] = f"z{d}{'*' if active[d] else ''} {strength[d]:.2g}"
        title = f"{int(active.sum())} of {len(active)} units are active (*); the number is the {what}"
        return Images(self.draw(net, moved, label), captions, columns=count, scale=self.scale(56), title=title)

    def chosen_dims(self, dims: str, strength: np.ndarray) -> list[int]:
        if not dims.strip():
            return np.argsort(-strength, kind="stable")[:10].tolist()
        parts = [part.strip() for part in dims.split(",")]
        if not all(part.isdigit() and int(part) < len(strength) for part in parts):
            raise UsageError(f"--dims must be numbers from 0 to {len(strength) - 1}, separated by commas, got {dims!r}.")
        return [int(part) for part in parts]


class ConditionalViews:
    """The views of a model that is given the class, beside those of its latent space."""

    def __init__(self, latent: LatentViews):
        self.latent, self.class_names = latent, latent.feed.class_names

    @view(live=True)
    def classes(self, net: Any, n: Count = 8, seed: Seed = 0) -> Images:
        """The same z as every class: one row per z, one column per class. The style should stay the same along a row."""
        rows = max(1, min(n, 32))
        z = net.prior(self.latent.noise(net, seed)[:rows]).repeat_interleave(net.classes, 0)
        captions = [*self.class_names, *[""] * (len(z) - net.classes)] if max(map(len, self.class_names)) <= 3 else []
        return Images(self.latent.draw(net, z, -1), captions, columns=net.classes, scale=self.latent.scale(48))

    @view(live=True)
    def class_interpolation(self, net: Any, a: Index = 3, b: Index = 8, anchor: str = "0", steps: Count = 12) -> Images:
        """The same z while the class goes from a to b: the network is given a mixture of the two."""
        a, b = self.latent.checked_label(a), self.latent.checked_label(b)
        z = self.latent.anchors(net, anchor, 1, 1)
        t = torch.linspace(0, 1, max(2, min(steps, 120)), device=z.device)
        weights = torch.zeros(len(t), net.classes, device=z.device)
        weights[:, a] += 1 - t
        weights[:, b] += t
        return Images(self.latent.draw(net, z.repeat(len(t), 1), weights), columns=min(12, len(t)), scale=self.latent.scale())


def code_is_picture(net: Any) -> bool:
    """Whether z is noise in the shape of a picture."""
    return getattr(net, "code_is_picture", False)


def numbers(z: Tensor) -> np.ndarray:
    return z.detach().float().cpu().numpy()


def whole(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**31:
        raise ValueError
    return value


def device_of(net: nn.Module) -> torch.device:
    return next(net.parameters()).device
