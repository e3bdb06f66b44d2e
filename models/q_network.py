"""Q networks on stacked Atari frames: Nature DQN (Mnih et al. 2015) and its dueling form (Wang et al. 2016).

There is no pooling: it would hide where things are. Read `QNetwork.forward` first.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class QNetwork(nn.Module):
    """uint8 frames (B, 4, 84, 84) -> Q values (B, actions).

    Three convolutions (32 8x8 stride 4, 64 4x4 stride 2, 64 3x3 stride 1) and two dense layers of 512 and `actions`
    units, ReLU between them. Dueling: separate streams of `hidden` units for the value V and the advantages A, joined
    as Q = V + A - mean(A) (Wang et al. 2016, eq. 9); the first layers of the two are kept as one matrix.

    The first convolution is computed, and its weights are kept, as a 2x2 convolution of stride 1 over the image whose
    4x4 blocks of pixels became channels (`space_to_depth`): the same function with 64 input channels in place of 4,
    which runs several times faster. `filters` gives its weights in the usual shape.
    """

    def __init__(self, actions: int, dueling: bool = False, hidden: int = 512):
        super().__init__()
        self.actions, self.dueling = actions, dueling
        self.conv1 = nn.Conv2d(64, 32, 2)
        self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, 3)
        if dueling:
            self.hidden = nn.Linear(3136, 2 * hidden)
            self.value, self.advantage = nn.Linear(hidden, 1), nn.Linear(hidden, actions)
        else:
            self.hidden, self.q = nn.Linear(3136, hidden), nn.Linear(hidden, actions)

    def forward(self, frames: Tensor) -> Tensor:
        """Q values (B, actions) float32 for uint8 (B, 4, 84, 84), or for their blocks."""
        return self.head(self.features(frames))

    def features(self, frames: Tensor) -> Tensor:
        """(B, 3136) for uint8 (B, 4, 84, 84), or for their blocks (B, 64, 21, 21) in any dtype."""
        x = F.relu_(self.conv2(self.first_maps(frames)))  # (B, 64, 9, 9)
        x = F.relu_(self.conv3(x))  # (B, 64, 7, 7)
        return x.flatten(1)

    def first_maps(self, frames: Tensor) -> Tensor:
        """The first layer's maps (B, 32, 20, 20) for uint8 (B, 4, 84, 84), or for their blocks."""
        blocks = frames if frames.shape[1] == 64 else space_to_depth(frames)
        # bfloat16 holds every uint8 exactly; the weights take the division by 255, as there are fewer of them.
        return F.relu_(F.conv2d(blocks.to(self.conv1.weight.dtype), self.conv1.weight * (1 / 255), self.conv1.bias))

    def head(self, features: Tensor) -> Tensor:
        """Q values (B, actions) float32 of features (B, 3136)."""
        # The last layer is computed in float32: bfloat16 rounds a value of 1 to 1/128, more than two actions may differ by.
        h = F.relu_(self.hidden(features)).float()  # (B, hidden), or twice that
        if not self.dueling:
            return dense(self.q, h)
        for_value, for_advantage = h.chunk(2, dim=1)
        value = dense(self.value, for_value)  # (B, 1)
        advantage = dense(self.advantage, for_advantage)  # (B, A)
        return value + advantage - advantage.mean(1, keepdim=True)

    def filters(self) -> Tensor:
        """The first layer's weights (32, 4, 8, 8): output map, frame, y, x."""
        return self.conv1.weight.view(32, 4, 4, 4, 2, 2).permute(0, 1, 4, 2, 5, 3).reshape(32, 4, 8, 8)


def dense(layer: nn.Linear, x: Tensor) -> Tensor:
    """`layer` in float32, whatever the dtype of its weights."""
    return F.linear(x, layer.weight.float(), layer.bias.float())


def space_to_depth(frames: Tensor) -> Tensor:
    """uint8 (B, 4, 84, 84) -> uint8 (B, 64, 21, 21) in channels_last; channel = 16 * frame + 4 * (y % 4) + x % 4.

    Four neighbouring pixels travel as one int32, which makes the permutation three times as fast.
    """
    quads = frames.contiguous().view(torch.int32)  # (B, 4, 84, 21)
    blocks = quads.view(-1, 4, 21, 4, 21).permute(0, 2, 4, 1, 3).contiguous()  # (B, 21, 21, 4, 4)
    return blocks.view(torch.uint8).view(-1, 21, 21, 64).permute(0, 3, 1, 2)
