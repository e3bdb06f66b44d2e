"""Gated PixelCNN (van den Oord et al. 2016): p(x) = prod p(x_i | those above and to the left), of pixels or codes on a grid.

Two stacks keep the future out: the vertical one sees the rows above, the horizontal one the row's left part, and is told what the
first sees. Read first: `GatedLayer.forward`; `PixelCNN.draw` computes the same, one place at a time, from what it has kept.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import Dropout
from models.fixed_order import Embedding
from models.generative.building_blocks import class_weights

FIRST = 3
"""Rows above and places to the left that the first layer sees; each later one sees as many more as its dilation."""
NARROW = 1e-6
"""The least distance of u from 0 and 1 where a value is turned into noise."""


class GatedLayer(nn.Module):
    """(v, h), each (B, C, H, W) -> the same. Of the first layer v and h are the picture itself, which a place must not see.

    A later one sees its own row and place, and those `reach` away.
    """

    def __init__(self, features: int, first: bool = False, dropout: float = 0.0, dilation: int = 1):
        super().__init__()
        self.first, self.dropout, self.reach = first, Dropout(dropout), FIRST if first else dilation
        above, left = (FIRST, FIRST) if first else (2, 2)
        self.vertical = nn.Conv2d(features, 2 * features, (above, 2 * FIRST + 1 if first else 3), dilation=dilation)
        self.horizontal = nn.Conv2d(features, 2 * features, (1, left), bias=False, dilation=dilation)
        self.across = nn.Conv2d(2 * features, 2 * features, 1, bias=False)
        self.out = nn.Conv2d(features, features, 1)

    def forward(self, v: Tensor, h: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """`bias` (B, 2 C, 1, 1) is the class's part."""
        rows, columns = v.shape[2:]
        below = self.vertical(F.pad(v, (self.reach, self.reach, self.reach, 0)))[:, :, :rows] + bias
        beside = self.horizontal(F.pad(h, (self.reach, 0, 0, 0)))[..., :columns] + self.across(below) + bias
        part, below = self.out(self.dropout(gate(beside))), self.dropout(gate(below))
        return (below, part) if self.first else (v + below, h + part)


def one_place(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1x1 convolution at one place, (B, in) -> (B, out)."""
    return F.linear(x, conv.weight[:, :, 0, 0], conv.bias)


def gate(x: Tensor) -> Tensor:
    """(B, 2 C, ...) -> (B, C, ...): tanh of one half times the sigmoid of the other."""
    a, b = x.chunk(2, 1)
    return a.tanh() * b.clone().sigmoid()  # Of a half of the maps, which is not dense, a sigmoid takes five times as long on a processor.


class PixelCNN(nn.Module):
    """x (B, H, W) int64 in [0, levels) -> logits (B, levels, H, W), of each place given those before it in reading order."""

    def __init__(
        self,
        levels: int = 2,
        features: int = 32,
        layers: int = 6,
        classes: int = 0,
        dropout: float = 0.0,
        temperature: float = 1.0,
        dilation: int = 1,
    ):
        """`temperature` divides the logits in drawing, and in the noise that draws a given x: below 1 what is likely is drawn more often.

        Layers after the first are dilated by 1, 2, 4 ... up to `dilation`, a power of two, in turn (as in van den Oord et al. 2016, WaveNet).
        """
        super().__init__()
        self.levels, self.features, self.classes, self.temperature = levels, features, classes, temperature
        self.embedding = Embedding(levels, features)
        self.layers = nn.ModuleList(
            GatedLayer(features, i == 0, dropout, 2 ** ((i - 1) % dilation.bit_length()) if i else 1) for i in range(layers)
        )
        self.label = nn.Linear(classes, 2 * features * layers, bias=False) if classes else None
        self.hidden, self.last = nn.Conv2d(features, features, 1), nn.Conv2d(features, levels, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        v = h = self.embedding(x).permute(0, 3, 1, 2)  # (B, features, H, W), channels_last
        for layer, bias in zip(self.layers, self.biases(len(x), labels), strict=True):
            v, h = layer(v, h, bias[:, :, None, None])
        return self.last(F.relu(self.hidden(F.relu(h))))

    def biases(self, count: int, labels: Tensor | None) -> tuple[Tensor, ...]:
        """The class's part (B, 2 features) in each layer."""
        if self.label is None:
            return (self.embedding.weight.new_zeros(count, 2 * self.features),) * len(self.layers)
        if labels is None:
            raise ValueError("a conditional network needs labels")
        return self.label(class_weights(labels, self.classes, self.embedding.weight.dtype)).chunk(len(self.layers), 1)

    def nats(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """-log p of each place given those before it (B, H, W), in nats; their sum is -log p(x)."""
        return F.cross_entropy(self(x, labels).float(), x, reduction="none")

    # -- drawing ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def draw(
        self, noise: Tensor, labels: Tensor | None = None, known: Tensor | None = None, kept: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """(x (B, H, W), the probabilities that it was drawn from (B, levels, H, W)) of standard normal noise (B, H, W), in reading order.

        Noise n takes the value at which the distribution function passes Phi(n), so the same noise draws the same picture. Places in
        `kept` (H, W) bool take their value from `known` (B, H, W), and the rest is drawn given them.
        """
        rows, columns = noise.shape[1:]
        u = torch.special.ndtr(noise.float())
        x = torch.zeros(noise.shape, dtype=torch.long, device=noise.device)
        probabilities = torch.zeros(len(x), self.levels, rows, columns, device=noise.device)
        biases = self.biases(len(x), labels)
        steps = [Step(layer, bias) for layer, bias in zip(self.layers, biases, strict=True)]  # type: ignore[arg-type]
        empty = self.embedding.weight.new_zeros(len(x), self.features, FIRST, columns)
        seen = empty  # The embedded rows above.
        reach = [step.layer.reach for step in steps]
        v_above = [empty.new_zeros(len(x), self.features, distance, columns) for distance in reach]  # What each layer has seen of v.
        for row in range(rows):
            v, given = seen, list[Tensor]()
            for i, step in enumerate(steps):
                below = step.below(v if i == 0 else torch.cat([v_above[i], v], 2))
                given.append(step.layer.across(below)[:, :, 0] + biases[i][:, :, None])
                after = gate(below)
                if i:
                    v_above[i], after = torch.cat([v_above[i][:, :, 1:], v], 2), v + after
                v = after
            line = [seen.new_zeros(len(x), self.features, distance) for distance in reach]
            written = list[Tensor]()
            for column in range(columns):
                h = steps[0].beside(line[0].flatten(1), given[0][:, :, column])
                for i, step in enumerate(steps[1:], 1):
                    left, line[i] = line[i][:, :, :1], torch.cat([line[i][:, :, 1:], h[:, :, None]], 2)
                    h = h + step.beside(torch.cat([left, h[:, :, None]], 2).flatten(1), given[i][:, :, column])
                logits = one_place(self.last, F.relu(one_place(self.hidden, F.relu(h))))
                p = (logits.float() / self.temperature).softmax(1)
                probabilities[:, :, row, column] = p
                if known is not None and kept is not None and bool(kept[row, column]):
                    value = known[:, row, column]
                else:
                    value = (u[:, row, column, None] >= p.cumsum(1)[:, :-1]).sum(1)
                x[:, row, column] = value
                written.append(self.embedding(value))
                line[0] = torch.cat([line[0][:, :, 1:], written[-1][:, :, None]], 2)
            seen = torch.cat([seen[:, :, 1:], torch.stack(written, 2)[:, :, None]], 2)
        return x, probabilities

    @torch.no_grad()
    def noise_of(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """The noise (B, H, W) that draws x (B, H, W): the middle of the values' stretch of the distribution function."""
        p = (self(x, labels).float() / self.temperature).softmax(1)
        upper = p.cumsum(1).gather(1, x[:, None])[:, 0]
        middle = upper - 0.5 * p.gather(1, x[:, None])[:, 0]
        return torch.special.ndtri(middle.clamp(NARROW, 1 - NARROW))


class PixelImages(nn.Module):
    """Images drawn pixel by pixel, in `levels` greys. z is the noise (B, H * W) that `PixelCNN.draw` takes its values by."""

    has_encoder = True
    code_is_picture = True
    cell = 1
    """Pixels of the side of one place."""

    def __init__(self, pixelcnn: PixelCNN, shape: tuple[int, int, int]):
        super().__init__()
        self.pixelcnn, self.shape, self.grid = pixelcnn, shape, shape[1:]
        self.latent, self.classes = shape[1] * shape[2], pixelcnn.classes

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.pixelcnn(x, labels)

    def grid_of(self, images: Tensor) -> Tensor:
        """The greys (B, H, W) int64 of images in [0, 1] (B, 1, H, W); of two the darker half is black."""
        return (images[:, 0] * self.pixelcnn.levels).long().clamp(max=self.pixelcnn.levels - 1)

    def image_of(self, grid: Tensor) -> Tensor:
        return grid[:, None].float() / (self.pixelcnn.levels - 1)

    def draw(self, z: Tensor, labels: Tensor | None = None, known: Tensor | None = None, kept: Tensor | None = None) -> Tensor:
        """The greys (B, H, W) of z; see `PixelCNN.draw`."""
        return self.pixelcnn.draw(z.view(-1, *self.grid), labels, known, kept)[0]

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.image_of(self.draw(z, labels))

    def nats(self, grid: Tensor, labels: Tensor | None) -> Tensor:
        """-log p of each place (B, H, W) given those before it."""
        return self.pixelcnn.nats(grid, labels)

    def encode(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.pixelcnn.noise_of(self.grid_of(images), labels).flatten(1)

    def prior(self, noise: Tensor) -> Tensor:
        return noise


class Step:
    """A layer's arithmetic for one row, and for one place of it."""

    def __init__(self, layer: GatedLayer, bias: Tensor):
        self.layer, self.bias = layer, bias
        self.left = layer.horizontal.weight[:, :, 0].flatten(1).T.contiguous()

    def below(self, rows: Tensor) -> Tensor:
        """The vertical stack (B, 2 C, 1, W) of a row, from what it sees: the rows above (B, C, rows, W)."""
        return self.layer.vertical(F.pad(rows, (self.layer.reach, self.layer.reach, 0, 0))) + self.bias[:, :, None, None]

    def beside(self, left: Tensor, given: Tensor) -> Tensor:
        """What the horizontal stack adds (B, C) at a place, from the places to its left (B, C * places) and the vertical stack's part."""
        return one_place(self.layer.out, gate(torch.addmm(given, left, self.left)))
