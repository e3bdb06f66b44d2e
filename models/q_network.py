"""Q networks on stacked Atari frames: Nature DQN (Mnih et al. 2015) and its dueling form (Wang et al. 2016).

`ActionValueNetwork` is trunk and hidden layer; a subclass adds the head. Read `QNetwork`, then `ActionValueNetwork.forward`.
A pass may take a draw: the noise of noisy layers, and what else a head draws at random. Without one there is no noise.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.dense import transposed_linear, transposed_linear_backward
from models.kernels.nature_trunk import FEATURES, Activations, plain_nature_trunk, relu_backward, trunk_backward, trunk_forward
from models.kernels.pixel_blocks import depth_to_space, space_to_depth
from models.noisy import Draw, NoisyLinear, dense, dense_backward, dense_layer, weights_with


class Pass(NamedTuple):
    """A forward pass that can be differentiated: what the head gave, and each layer's result."""

    outputs: Tensor  # (B, actions, ...) float32
    trunk: Activations
    hidden: Tensor  # (B, hidden) in the dtype of the weights
    units: Tensor  # the same in float32, the head's input
    draw: Draw = ()


class GraphPass(NamedTuple):
    """A forward pass whose gradient is autograd's from `leaf` on: the hidden units, the trunk's features, or None for all of the network."""

    outputs: Tensor  # (B, actions, ...) float32, without the graph
    graph: Tensor  # the same with it
    leaf: Tensor | None  # (B, units) float32 or (B, features)
    trunk: Activations | None
    hidden: Tensor | None  # (B, units) in the dtype of the weights, where those are the leaf
    weight: Tensor | None  # (units, features): the hidden layer's, with its noise, likewise
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

    A subclass adds layers for `head` and says by `values` which Q values its outputs mean. Its gradient is autograd's unless it
    overrides `head_backward`. With another `trunk`, or `noisy` layers (sigma_0 of their noise), all of the dense layers' is.
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
    def by_hand(self) -> bool:
        """Whether the hidden layer's gradient, and the trunk's, are written by hand."""
        return not self.noisy and self.trunk is None

    @property
    def hidden_first(self) -> bool:
        """Whether the hidden layer takes the features as they are."""
        return True

    @abstractmethod
    def head(self, units: Tensor, *noise: Tensor) -> Tensor:
        """What the network learns from, (B, actions, ...) float32, of the hidden units (B, units) float32."""

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
        # The head is computed in float32: bfloat16 rounds a value of 1 to 1/128, more than two actions may differ by.
        return self.head(self.hidden_units(features, *draw[:2]).float(), *draw[2:])

    def draw(self, generator: torch.Generator, count: int | None = None) -> Draw:
        """Random numbers for a pass: input and output noise of each noisy layer. With a `count`, those to learn from that many states."""
        return tuple(noise for layer in self.modules() if isinstance(layer, NoisyLinear) for noise in layer.draw(generator))

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
        trunk = trunk_forward(self.blocks(frames), self.body[:6])
        hidden = self.hidden_units(trunk.features)
        units = hidden.float()
        return Pass(self.head(units), trunk, hidden, units)

    def record_and_act(self, frames: Tensor, count: int, draw: Draw = (), acting: Draw = ()) -> tuple[Seen, Tensor]:
        """A pass over the first `count` states whose gradient `write_gradient` can give, and the Q values of the others.

        By hand, all states are one pass. Else they share the trunk, and each of the two has the draw of its own.
        """
        if self.by_hand and not draw:
            seen = self.record(frames)
            return seen, self.values(seen.outputs[count:])
        trunk = hidden = weight = None
        if self.trunk is not None:
            others = self.features(frames[count:]) if len(frames) > count else frames[count:]
            graph, leaf = self.graph_of(self.outputs, frames[:count], draw, is_leaf=False)
        else:
            trunk = trunk_forward(self.blocks(frames), self.body[:6])
            features, others = trunk.features[:count], trunk.features[count:]
            trunk = trunk.of_first(count)
            if self.hidden_first:
                weight, bias = weights_with(self.hidden, features.dtype, *draw[:2])
                hidden = transposed_linear(features, weight, bias).relu_()
                graph, leaf = self.graph_of(lambda units, noise: self.head(units, *noise), hidden.float(), draw[2:])
            else:
                graph, leaf = self.graph_of(self.outputs_of, features, draw)
        q = self.values(self.outputs_of(others, acting)) if len(others) else graph.new_empty(0, self.actions)
        return GraphPass(graph.detach(), graph, leaf, trunk, hidden, weight, draw), q

    def graph_of(
        self, function: Callable[[Tensor, Draw], Tensor], given: Tensor, draw: Draw, is_leaf: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """(what a function makes of `given` and a draw, with its graph; the leaf that it starts from, if any)."""
        with torch.inference_mode(False), torch.enable_grad():  # Autograd takes no tensor of inference mode.
            leaf = given.clone().requires_grad_(is_leaf)
            return function(leaf, tuple(tensor.clone() for tensor in draw)), leaf if is_leaf else None

    def write_gradient(self, seen: Seen, gradient: Tensor, into: Sequence[Tensor]) -> None:
        """Write the parameters' gradients into `into`, in the order of `parameters()`, given that in the outputs (B, actions, ...).

        Given the gradient in the outputs of the first stacks alone, it leaves the others out.
        """
        if isinstance(seen, GraphPass):
            self.write_gradient_of_graph(seen, gradient, into)
            return
        count = len(gradient)
        trunk, hidden, units = seen.trunk.of_first(count), seen.hidden[:count], seen.units[:count]
        of_units = self.head_backward(gradient, units, into[8:])
        of_hidden = relu_backward(of_units.to(hidden.dtype), hidden, 0)  # (B, units)
        torch.mm(of_hidden.t(), trunk.features, out=into[6])
        torch.sum(of_hidden, 0, out=into[7])
        trunk_backward(torch.mm(of_hidden, self.body[6]), trunk, self.body[4], into[:6])

    def write_gradient_of_graph(self, seen: GraphPass, gradient: Tensor, into: Sequence[Tensor]) -> None:
        into, weights = list(into), list(self.parameters())
        first = 0 if seen.leaf is None else 6 if seen.hidden is None else len(self.body)  # of the parameters in the graph
        with torch.inference_mode(False):
            leaf = [] if seen.leaf is None else [seen.leaf]
            gradients = torch.autograd.grad(seen.graph, [*leaf, *weights[first:]], gradient.clone())
        torch._foreach_copy_(into[first:], gradients[len(leaf) :])
        if seen.trunk is None:
            return
        of_features = gradients[0]
        if seen.hidden is not None and seen.weight is not None:
            of_hidden = relu_backward(gradients[0].to(seen.hidden.dtype), seen.hidden, 0)  # (B, units)
            of_features = dense_backward(seen.weight, of_hidden, seen.trunk.features, into[6:first], *seen.draw[:2])
        trunk_backward(of_features, seen.trunk, self.body[4], into[:6])

    def head_backward(self, gradient: Tensor, units: Tensor, into: Sequence[Tensor]) -> Tensor:
        """The gradient in `units` (B, units), given that in the head's outputs; those of its parameters are written into `into`."""
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

    def head(self, units: Tensor, *noise: Tensor) -> Tensor:
        if not self.dueling:
            return dense(self.q, units, *noise)
        for_value, for_advantage = units.chunk(2, dim=1)
        value = dense(self.value, for_value, *noise[:2])  # (B, 1)
        advantage = dense(self.advantage, for_advantage, *noise[2:])  # (B, A)
        return value + advantage - advantage.mean(1, keepdim=True)

    def values(self, outputs: Tensor) -> Tensor:
        return outputs

    def head_backward(self, gradient: Tensor, units: Tensor, into: Sequence[Tensor]) -> Tensor:
        if not self.dueling:
            return transposed_linear_backward(gradient, units, in_float(self.q)[0], *into)
        for_value, for_advantage = units.chunk(2, dim=1)
        of_value, of_advantage = gradient.sum(1, keepdim=True), gradient - gradient.mean(1, keepdim=True)
        by_value = transposed_linear_backward(of_value, for_value, in_float(self.value)[0], *into[:2])
        by_advantage = transposed_linear_backward(of_advantage, for_advantage, in_float(self.advantage)[0], *into[2:])
        return torch.cat((by_value.t(), by_advantage.t())).t()


def in_float(layer: nn.Linear) -> tuple[Tensor, Tensor]:
    """A layer's weight and bias in float32."""
    return layer.weight.float(), layer.bias.float()
