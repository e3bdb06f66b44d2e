"""Directions of a latent space that mean something: along which the generator's features vary most (GANSpace), and to a class.

Read first: `DirectionViews.directions_of`. The app's page Directions makes sliders of them.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from lab.answers import Images, Table
from lab.errors import UsageError
from lab.experiment import view
from lab.parameters import Choice, Count, Span
from lab.recipes.generative.latent_views import LatentViews, code_is_picture, device_of
from models.generative import latent

Kind = Literal["principal", "classes"]
POINTS = 512
"""Samples from which principal directions are found."""
JUDGED = 2000
"""Samples that the classifier looks at."""
PART = 256


class DirectionViews:
    """The views of directions in a latent space."""

    def __init__(self, views: LatentViews):
        self.views = views

    def directions_of(self, net: Any, kind: Kind, count: int) -> tuple[list[str], Tensor, list[float]]:
        """Names, directions (K, D) of which 1 is one step of a slider, and what each is worth: the share of the variance that it
        explains, or how often its class is drawn."""
        if kind == "classes":
            return self.to_classes(net)
        if code_is_picture(net):
            axes, deviation = self.views.image_axes()
            return *self.numbered(axes[:count]), (deviation.square() / deviation.square().sum()).tolist()[:count]
        if net.has_encoder:
            codes = self.views.encode(net, slice(0, POINTS)).float()
            _, axes = latent.principal_directions(codes, count)
            return *self.numbered(axes), (axes.square().sum(1) / codes.var(0).sum()).tolist()
        z = net.prior(self.points(net, POINTS))
        directions, shares = latent.feature_directions(self.features(net, z), z, count)
        return *self.numbered(directions), shares.tolist()

    def numbered(self, directions: Tensor) -> tuple[list[str], Tensor]:
        return [f"direction {i + 1}" for i in range(len(directions))], directions

    def points(self, net: nn.Module, count: int) -> Tensor:
        """The same noise (count, D) at every call."""
        return torch.randn(count, self.views.size, generator=torch.Generator().manual_seed(0)).to(device_of(net))

    def features(self, net: Any, z: Tensor) -> Tensor:
        """What the generator's `feature_layer` makes of z (N, D): (N, U)."""
        kept: list[Tensor] = []
        hook = net.feature_layer.register_forward_hook(lambda module, given, made: kept.append(made.detach().flatten(1)))
        try:
            labels = torch.zeros(len(z), dtype=torch.long, device=z.device) if net.classes else None
            net.decode(z, labels)
        finally:
            hook.remove()
        return kept[0]

    def to_classes(self, net: Any) -> tuple[list[str], Tensor, list[float]]:
        names = self.views.feed.class_names
        if net.classes:
            raise UsageError(
                "This model is told the class, so z has no direction of a class: change the class itself, on the page Classes."
            )
        if len(names) < 2:
            raise UsageError("These images have no classes, so there is no direction of one.")
        from lab.quality.judge import judge

        judged = judge(self.views.config.subject, self.views.feed.images("train"), self.views.feed.images("test"))
        z = net.prior(self.points(net, JUDGED))
        classes = torch.cat([judged.look(net.decode(part).float())[1] for part in z.split(PART)])
        share = torch.bincount(classes, minlength=len(names)).float() / len(z)
        # As long as the codes vary: a step of a slider is the same for a narrow prior.
        directions = latent.class_directions(z, classes, len(names)) * z.std(0).mean()
        drawn = [k for k in range(len(names)) if bool(directions[k].any())]
        return [names[k] for k in drawn], directions[drawn], share[drawn].tolist()

    @view(live=True)
    def directions(self, net: Any, kind: Kind = "principal", n: Count = 10) -> Table:
        """Directions in z, one column each: those along which the generator's features vary most (GANSpace), or those to a class, by
        the lab's classifier. The number beside a name is the share of the variance, or of the samples, that is its."""
        names, directions, worth = self.directions_of(net, kind, min(n, 64))
        columns = [f"{name} ({100 * share:.0f} %)" for name, share in zip(names, worth, strict=True)]
        return Table(["dimension", *columns], [[d, *row] for d, row in enumerate(directions.T.cpu().tolist())])

    @view(live=True)
    def along_directions(
        self, net: Any, anchor: str = "0", kind: Kind = "principal", n: Count = 8, steps: Count = 9, span: Span = 3.0, label: Choice = 0
    ) -> Images:
        """A direction a row, from -span (left) to span (right) around the anchor."""
        names, directions, _ = self.directions_of(net, kind, min(n, 64))
        names, directions = names[:n], directions[:n]
        count = max(2, min(steps, 41))
        offsets = torch.linspace(-span, span, count, device=directions.device)
        z = self.views.anchors(net, anchor, 1, 1) + (offsets[None, :, None] * directions[:, None]).flatten(0, 1)  # (K * count, D)
        captions = [name if i == 0 else "" for name in names for i in range(count)]
        return Images(self.views.draw(net, z, label), captions, columns=count, scale=self.views.scale(56))
