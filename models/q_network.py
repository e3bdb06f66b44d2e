"""Q networks on stacked Atari frames: Nature DQN (Mnih et al. 2015) and its dueling form (Wang et al. 2016).

`ActionValueNetwork` is trunk and hidden layer; a subclass adds the head. Read `QNetwork`, then `ActionValueNetwork.forward`.
A pass may take a draw: the noise of noisy layers, and what else a head draws at random. Without one there is no noise.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.nature_trunk import FEATURES, Activations, plain_nature_trunk, relu_backward, trunk_backward, trunk_forward
from models.kernels.pixel_blocks import depth_to_space, space_to_depth
from models.noisy import (
    Draw,
    NoisyLinear,
    Weights,
    dense,
    dense_backward,
    dense_layer,
    dense_with,
    draw_noise,
    head_layer_backward,
    weights_with,
)


class Pass(NamedTuple):
    """A forward pass that can be differentiated: what the head gave, and each layer's result."""

    outputs: Tensor  # (B, actions, ...) float32
    trunk: Activations
    x: Tensor  # (B, features): what the hidden layer took in
    hidden: Tensor  # (B, units) in the dtype of the weights
    units: Tensor  # the same in float32, the head's input
    weights: Weights  # the hidden layer's, with its noise
    head: list[Weights]  # the head's layers' in float32, with theirs
    draw: Draw
    kept: tuple[Tensor, ...] = ()  # what else a subclass needs for its gradient


class GraphPass(NamedTuple):
    """A forward pass whose gradient is autograd's."""

    outputs: Tensor  # (B, actions, ...) float32, without the graph
    graph: Tensor  # the same with it
    draw: Draw


Seen = Pass | GraphPass


class Trunk(Protocol):
    """Another trunk than Nature DQN's: stacks (B, 4, 84, 84) in the weights' dtype -> features (B, `features`)."""

    features: int

    def __call__(self, frames: Tensor) -> Tensor: ...
    def first_maps(self, frames: Tensor) -> Tensor: ...
    def filters(self) -> Tensor: ...


class ActionValueNetwork(nn.Module, ABC):
    """uint8 frames (B, 4, 84, 84) -> Q values (B, actions), by three convolutions, a hidden layer of `units` and a head.

    The convolutions are 32 8x8 of stride 4, 64 4x4 of stride 2 and 64 3x3 of stride 1, with ReLU; there is no pooling, which
    would hide where things are. The first one's weights are kept as those of a 2x2 convolution over the image whose 4x4 blocks of
    pixels became channels; `filters` gives them in the usual shape. Where frames are taken, their blocks (B, 64, 21, 21) are too.

    A subclass adds `layers` for the head with `join` and its derivative, or a `head` whose gradient is autograd's, and says by `values`
    which Q values its outputs mean. Dense layers are noisy with a sigma_0 of their noise in `noisy`. With another `trunk`, all is autograd's.
    """

    def __init__(self, actions: int, units: int, noisy: float = 0.0, trunk: Trunk | None = None):
        super().__init__()
        self.actions, self.noisy, self.trunk = actions, noisy, trunk
        if trunk is None:
            self.conv1 = nn.Conv2d(64, 32, 2)
            self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
            self.conv3 = nn.Conv2d(64, 64, 3)
        self.hidden = dense_layer(FEATURES if trunk is None else trunk.features, units, noisy)
        # Their weights and biases, at hand: a module looks for its parts slowly.
        self.body = tuple(self.parameters())

    @property
    def layers(self) -> tuple[nn.Linear, ...]:
        """The head's dense layers, each of which takes its part of the hidden units; none where `head` is a subclass's own."""
        return ()

    @property
    def head_names(self) -> list[str]:
        """The names of these layers, which compute in float32: in bfloat16 a bias of 20 has steps of 0.125."""
        return [name for name, part in self.named_children() if any(part is layer for layer in self.layers)]

    def join(self, outputs: list[Tensor]) -> Tensor:
        """What the network learns from, (B, actions, ...), of the outputs of the head's layers."""
        raise NotImplementedError

    def join_backward(self, gradient: Tensor) -> list[Tensor]:
        """The gradients in the outputs of the head's layers, given that in `join`'s result (B, actions, ...)."""
        raise NotImplementedError

    def head(self, units: Tensor, *noise: Tensor) -> Tensor:
        """What the network learns from, (B, actions, ...) float32, of the hidden units (B, units) float32."""
        if not noise or noise[0].dim() == 1:
            return self.head_with(units, self.head_weights(*noise))
        parts = zip(self.layers, units.chunk(len(self.layers), dim=1), strict=True)
        return self.join([dense(layer, part, *noise[2 * i : 2 * i + 2]) for i, (layer, part) in enumerate(parts)])

    def head_weights(self, *noise: Tensor) -> list[Weights]:
        """The weights of each of the head's layers in float32, with the `noise` of each, or without."""
        return [weights_with(layer, torch.float32, *noise[2 * i : 2 * i + 2]) for i, layer in enumerate(self.layers)]

    def head_with(self, units: Tensor, weights: list[Weights]) -> Tensor:
        return self.join(list(map(dense_with, units.chunk(len(weights), dim=1), weights)))

    @abstractmethod
    def values(self, outputs: Tensor) -> Tensor:
        """Q values (B, actions) of the head's outputs."""

    def forward(self, frames: Tensor) -> Tensor:
        """Q values (B, actions) float32."""
        return self.values(self.outputs(frames))

    def outputs(self, frames: Tensor, draw: Draw = ()) -> Tensor:
        """(B, actions, ...) float32."""
        return self.outputs_of(self.features(frames), draw)

    def outputs_of(self, features: Tensor, draw: Draw = ()) -> Tensor:
        """(B, actions, ...) float32 of features (B, 3136)."""
        return self.head(self.hidden_units(features, *draw[:2]).float(), *draw[2:])

    def draw(self, generator: torch.Generator, count: int | None = None) -> Draw:
        """Random numbers for a pass: input and output noise of each noisy layer. With a `count`, those to learn from that many states."""
        return draw_noise(self.noisy_layers, generator)

    def draw_to_act(self, generator: torch.Generator, states: int, more: int = 0) -> Draw:
        """Those for Q values of `states` states, each with noise of its own, and of `more` after them with one noise."""
        return draw_noise(self.noisy_layers, generator, states, more)

    @cached_property
    def noisy_layers(self) -> list[NoisyLinear]:
        return [layer for layer in self.modules() if isinstance(layer, NoisyLinear)]

    @property
    def draws(self) -> bool:
        """Whether a pass takes random numbers."""
        return bool(self.noisy)

    def features(self, frames: Tensor) -> Tensor:
        """(B, 3136)."""
        if self.trunk is not None:
            return self.trunk(self.pixels(frames))
        return plain_nature_trunk(self.blocks(frames), *self.body[:6])

    def first_maps(self, frames: Tensor) -> Tensor:
        """The first layer's maps (B, 32, 20, 20)."""
        if self.trunk is not None:
            return self.trunk.first_maps(self.pixels(frames))
        weight, bias = self.body[:2]
        return F.relu_(F.conv2d(self.blocks(frames), weight * (1 / 255), bias))

    def blocks(self, frames: Tensor) -> Tensor:
        """The frames' blocks (B, 64, 21, 21) in the dtype of the weights; bfloat16 holds every uint8 exactly."""
        return (frames if frames.shape[1] == 64 else space_to_depth(frames)).to(self.body[0].dtype)

    def pixels(self, frames: Tensor) -> Tensor:
        """The frames (B, 4, 84, 84) in the dtype of the weights, given as such or as blocks."""
        return (depth_to_space(frames) if frames.shape[1] == 64 else frames).to(self.body[0].dtype)

    def hidden_units(self, features: Tensor, *noise: Tensor) -> Tensor:
        """(B, units) of features (B, 3136)."""
        return self.activate(dense(self.hidden, features, *noise))

    def activate(self, before: Tensor) -> Tensor:
        """The hidden units (B, units) of what their weights give; may write into it."""
        return before.relu_()

    def filters(self) -> Tensor:
        """The first layer's weights (32, 4, 8, 8): output map, frame, y, x."""
        if self.trunk is not None:
            return self.trunk.filters()
        return self.conv1.weight.view(32, 4, 4, 4, 2, 2).permute(0, 1, 4, 2, 5, 3).reshape(32, 4, 8, 8)

    # -- learning: autograd's gradient without its allocations; call in no_grad or inference mode ----------------------

    def record(self, frames: Tensor) -> Pass:
        """A pass whose gradient `write_gradient` can give."""
        return self.record_from(trunk_forward(self.blocks(frames), self.body[:6]))

    def record_from(self, trunk: Activations, draw: Draw = ()) -> Pass:
        """The same from the trunk's features on, with a draw."""
        return self.record_dense(trunk, trunk.features, draw)

    def record_dense(self, trunk: Activations, x: Tensor, noise: Draw) -> Pass:
        """The dense layers' part of it, on x (B, features)."""
        weights = weights_with(self.hidden, x.dtype, *noise[:2])
        hidden = dense_with(x, weights).relu_()
        # The head is computed in float32: bfloat16 rounds a value of 1 to 1/128, more than two actions may differ by.
        units, head = hidden.float(), self.head_weights(*noise[2:])
        outputs = self.head_with(units, head) if head else self.head(units)
        return Pass(outputs, trunk, x, hidden, units, weights, head, noise)

    def record_and_act(self, frames: Tensor, count: int, draw: Draw = (), acting: Draw = ()) -> tuple[Seen, Tensor]:
        """A pass over the first `count` states whose gradient `write_gradient` can give, and the Q values of the others.

        Without draws, all states are one pass. Else they share the trunk, and each of the two has the draw of its own.
        """
        if self.trunk is not None:
            others = self.features(frames[count:]) if len(frames) > count else None
            seen: Seen = self.graph_of(frames[:count], draw)
        else:
            trunk = trunk_forward(self.blocks(frames), self.body[:6])
            if not draw:
                seen = self.record_from(trunk)
                return seen, self.values(seen.outputs[count:])
            others = trunk.features[count:] if len(frames) > count else None
            seen = self.record_from(trunk.of_first(count), draw)
        return seen, seen.outputs.new_empty(0, self.actions) if others is None else self.values(self.outputs_of(others, acting))

    def graph_of(self, frames: Tensor, draw: Draw) -> GraphPass:
        with torch.inference_mode(False), torch.enable_grad():  # Autograd takes no tensor of inference mode.
            graph = self.outputs(frames.clone(), tuple(tensor.clone() for tensor in draw))
        return GraphPass(graph.detach(), graph, draw)

    def write_gradient(self, seen: Seen, gradient: Tensor, into: Sequence[Tensor]) -> None:
        """Write the parameters' gradients into `into`, in the order of `parameters()`, given that in the outputs (B, actions, ...).

        Given the gradient in the outputs of the first stacks alone, it leaves the others out.
        """
        if isinstance(seen, GraphPass):
            with torch.inference_mode(False):
                torch._foreach_copy_(list(into), torch.autograd.grad(seen.graph, list(self.parameters()), gradient.clone()))
            return
        of_features = self.dense_gradient(seen, gradient, into)
        trunk_backward(of_features, seen.trunk.of_first(gradient.shape[0]), self.body[4], into[:6])

    def dense_gradient(self, seen: Pass, gradient: Tensor, into: Sequence[Tensor]) -> Tensor:
        """The gradient in what the hidden layer took in, given that in the head's outputs; those of the dense layers are written into `into`."""
        count, first = gradient.shape[0], len(self.body)
        hidden = seen.hidden[:count]
        of_units = self.head_backward(gradient, seen.units[:count], into[first:], seen)
        of_hidden = relu_backward(of_units.to(hidden.dtype), hidden, 0)  # (B, units)
        return dense_backward(seen.weights, of_hidden, seen.x[:count], into[6:first])

    def head_backward(self, gradient: Tensor, units: Tensor, into: Sequence[Tensor], seen: Pass) -> Tensor:
        """The gradient in `units` (B, units), given that in the head's outputs; those of its parameters are written into `into`."""
        if not seen.head:
            return self.head_gradient_of_autograd(gradient, units, into)
        each = len(into) // len(seen.head)  # two or four parameters of each layer
        parts = zip(self.join_backward(gradient), units.chunk(len(seen.head), dim=1), seen.head, strict=True)
        back = [
            head_layer_backward(weights, of_outputs, part, into[i * each : (i + 1) * each])
            for i, (of_outputs, part, weights) in enumerate(parts)
        ]
        return back[0] if len(back) == 1 else torch.cat([part.t() for part in back]).t()

    def head_gradient_of_autograd(self, gradient: Tensor, units: Tensor, into: Sequence[Tensor]) -> Tensor:
        with torch.inference_mode(False), torch.enable_grad():
            units = units.clone().requires_grad_()  # Autograd takes no tensor of inference mode.
            weights = list(self.parameters())[len(self.body) :]
            of_units, *of_weights = torch.autograd.grad(self.head(units), [units, *weights], gradient.clone())
        torch._foreach_copy_(list(into), of_weights)
        return of_units


def blocks_of_filters(filters: Tensor) -> Tensor:
    """The first layer's weights (32, 64, 2, 2) of filters in their usual shape (32, 4, 8, 8), as `ActionValueNetwork.filters` gives them."""
    return filters.reshape(-1, 4, 2, 4, 2, 4).permute(0, 1, 3, 5, 2, 4).reshape(-1, 64, 2, 2)


class QNetwork(ActionValueNetwork):
    """Q values by a dense layer of `actions` units on `hidden` units.

    Dueling: separate streams of `hidden` units for the value V and the advantages A, joined as Q = V + A - mean(A)
    (Wang et al. 2016, eq. 9); the first layers of the two are kept as one matrix.
    """

    def __init__(self, actions: int, dueling: bool = False, hidden: int = 512, noisy: float = 0.0, trunk: Trunk | None = None):
        super().__init__(actions, 2 * hidden if dueling else hidden, noisy, trunk)
        self.dueling = dueling
        if dueling:
            self.value, self.advantage = dense_layer(hidden, 1, noisy), dense_layer(hidden, actions, noisy)
        else:
            self.q = dense_layer(hidden, actions, noisy)

    @property
    def layers(self) -> tuple[nn.Linear, ...]:
        return (self.value, self.advantage) if self.dueling else (self.q,)

    def join(self, outputs: list[Tensor]) -> Tensor:
        if not self.dueling:
            return outputs[0]
        value, advantage = outputs  # (B, 1), (B, A)
        return value + advantage - advantage.mean(1, keepdim=True)

    def join_backward(self, gradient: Tensor) -> list[Tensor]:
        if not self.dueling:
            return [gradient]
        return [gradient.sum(1, keepdim=True), gradient - gradient.mean(1, keepdim=True)]

    def values(self, outputs: Tensor) -> Tensor:
        return outputs
