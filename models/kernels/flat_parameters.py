"""One buffer for all parameters of a small network, and a bf16 twin beside it.

A network of a few layers spends much of a step on per-tensor work: casts, optimiser, copies. With every parameter a view
of one flat fp32 master (and of one flat bf16 copy for forward and backward), each of these is a single operation. The plain twin is a
module with `torch.optim.Adam`.
"""

import copy
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.optim.adam import adam

from models.kernels.flat_layout import fill, flatten_parameters, in_memory_order, places, views, without_gaps
from models.processes import group

# cuDNN's layers would have their own weights side by side; in the buffer of the whole network they are not, and are copied at each call.
warnings.filterwarnings("ignore", "RNN module weights are not part of single contiguous chunk of memory")

SIDE_BY_SIDE, CHUNK = 36, 1 << 16
"""Of a GPU's fused Adam: tensors that one launch takes, and the numbers that one block of threads takes of a tensor, one after the other.
A network of fewer than so many such chunks leaves most of a GPU idle, unless its weights are handed over in more parts."""
PIECE = 1 << 20
"""Parameters that `FlatAdam.update` works on at a time, at most: 16 MB of weights, averages and gradient."""


class FlatNetwork:
    """A network, its flat fp32 master weights, and the module that computes in `dtype`.

    `master` is the module given, its parameters now views of the flat fp32 buffer `weights` (P,); `compute` is the same
    module where dtype is float32, else a copy in `dtype` whose parameters are views of a flat buffer of its own. Four-
    dimensional weights are laid out channels_last. The parts of it named `in_float` compute with the master's weights.
    """

    def __init__(self, module: nn.Module, dtype: torch.dtype, trainable: bool = True, in_float: Sequence[str] = ()):
        self.master, self.dtype = module, dtype
        self.weights = flatten_parameters(module)
        self.places = places(module, self.weights.device)
        self.compute = module
        self.compute_weights = self.weights
        if dtype != torch.float32:
            self.compute = copy.deepcopy(module).to(dtype)
            self.compute_weights = flatten_parameters(self.compute)
            module.requires_grad_(False)
            for name in in_float:
                for key, parameter in module.get_submodule(name).named_parameters():
                    self.compute.get_submodule(name).register_parameter(key, parameter.requires_grad_())  # type: ignore[arg-type]
        if not trainable:
            self.compute.requires_grad_(False)
            return
        self.parameters = list(self.compute.parameters())
        self.gradient = torch.zeros_like(self.weights)
        self.gradient_views = views(self.gradient, module)

    @cached_property
    def compute_gradient(self) -> Tensor:
        """A flat gradient (P,) in `dtype`, for steps that write it without autograd: `gradient` itself where that is fp32."""
        if self.compute is self.master:
            return self.gradient
        with torch.inference_mode(False):  # Else it could be written in inference mode only.
            return torch.zeros_like(self.compute_weights)

    @cached_property
    def compute_gradient_views(self) -> list[Tensor]:
        return views(self.compute_gradient, self.compute)

    def cast_gradient(self) -> Tensor:
        """The flat fp32 gradient (P,), from what was written into `compute_gradient_views`; of the whole batch, where processes share it."""
        if self.compute_gradient is not self.gradient:
            self.gradient.copy_(self.compute_gradient)
        return group.mean(self.gradient)

    def backward(self, output: Tensor, gradient: Tensor | None = None) -> Tensor:
        """The flat fp32 gradient (P,) of `output` (given the `gradient` at it, 1 for a scalar), overwritten by the next call.

        Where `grad` is None, autograd hands over its own tensors, which saves zeroing and adding; one pass casts them.
        Where processes share the batch, it is that of the whole. Autograd's are released at once, so that the next pass reuses their memory while it is in the cache.
        """
        if group.stepping and gradient is None:
            gradient = torch.full_like(output, group.share)
        if self.gradient.is_cuda:  # Where the pass may be captured, nothing is left at the parameters.
            torch._foreach_copy_(self.gradient_views, torch.autograd.grad(output, self.parameters, gradient))
            return group.add(self.gradient)
        output.backward(gradient)
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        assert len(gradients) == len(self.parameters), "a parameter on which the output does not depend"
        torch._foreach_copy_(self.gradient_views, gradients)
        for parameter in self.parameters:
            parameter.grad = None
        return group.add(self.gradient)

    @torch.no_grad()
    def sync(self) -> None:
        """Update `compute` after the master weights changed."""
        if self.compute is not self.master:
            self.compute_weights.copy_(self.weights)

    def state(self) -> dict[str, Tensor]:
        """A copy of the master's parameters and buffers by name."""
        return {name: tensor.detach().clone() for name, tensor in self.master.state_dict().items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        self.master.load_state_dict(state)
        self.sync()

    @torch.no_grad()
    def copy_from(self, other: "FlatNetwork") -> None:
        """Copy the weights of another network of the same shape."""
        self.weights.copy_(other.weights)
        self.sync()

    @torch.no_grad()
    def follow(self, other: "FlatNetwork", decay: float, steps: int) -> None:
        """Move towards another network's weights and buffers, as their moving average (EMA) over `steps` steps so far; faster in the
        first ones, so that it soon forgets its random start."""
        share = 1 - min(decay, (1 + steps) / (10 + steps))
        self.weights.lerp_(other.weights, share)
        pairs = list(zip(self.master.buffers(), other.master.buffers(), strict=True))
        blended, copied = ([pair for pair in pairs if pair[0].is_floating_point() == kind] for kind in (True, False))
        if blended:
            torch._foreach_lerp_([mine for mine, _ in blended], [theirs for _, theirs in blended], share)
        if copied:
            torch._foreach_copy_([mine for mine, _ in copied], [theirs for _, theirs in copied])


@dataclass(frozen=True)
class Piece:
    """Views of a stretch of `count` weights: weights and averages in lists of parts, as `torch._fused_adam_` takes them, of `part` numbers
    each; `gradient`, room for it in float32; `compute`, their copy in the network that computes, None where that is the master itself."""

    count: int
    part: int
    whole: Tensor
    weights: list[Tensor]
    exp_avg: list[Tensor]
    exp_avg_sq: list[Tensor]
    gradient: Tensor
    compute: Tensor | None


class FlatAdam:
    """Adam (Kingma & Ba 2015) on the one flat parameter of a `FlatNetwork`, by PyTorch's fused kernel.

    It calls the functional form, as an Optimizer object's bookkeeping is a noticeable part of a small network's step.
    """

    def __init__(self, network: FlatNetwork, learning_rate: float, eps: float, betas: tuple[float, float] = (0.9, 0.999)):
        self.network, self.weights, self.eps, self.betas = network, network.weights, eps, betas
        # On a GPU the step size is a tensor, so that a captured step sees changes.
        self.rate: float | Tensor = torch.tensor(learning_rate, device=self.weights.device) if self.weights.is_cuda else learning_rate
        self.exp_avg, self.exp_avg_sq = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.count = torch.zeros((), device=self.weights.device)
        self.cut: dict[tuple[int, int], list[Piece]] = {}

    @cached_property
    def room(self) -> Tensor:
        """Room for one piece's scaled gradient. Without a `compute` of its own, the network's flat gradient is what is given: it stays as it is."""
        with torch.inference_mode(False):
            return torch.empty_like(self.weights if self.weights.is_cuda else self.weights[:PIECE])

    @property
    def changing(self) -> list[Tensor]:
        """The tensors that a step changes."""
        return [self.weights, self.network.compute_weights, self.exp_avg, self.exp_avg_sq, self.count]

    def set_learning_rate(self, value: float | Tensor) -> None:
        """The step size from now on; a 0-d tensor on a GPU, in steps that are captured."""
        if isinstance(self.rate, Tensor):
            self.rate.fill_(value)
        else:
            self.rate = value

    @torch.no_grad()
    def step(self, gradient: Tensor) -> None:
        """One update with the flat gradient (P,)."""
        if self.weights.is_cuda:  # The same kernel, with less asked of the host.
            self.count += 1
            self.update(gradient, 0)
            return
        adam(
            [self.weights], [gradient], [self.exp_avg], [self.exp_avg_sq], [], [self.count], fused=True, amsgrad=False,
            beta1=self.betas[0], beta2=self.betas[1], lr=self.rate, weight_decay=0.0, eps=self.eps, maximize=False,
        )  # fmt: skip

    @torch.no_grad()
    def step_and_sync(self, scale: Tensor | None = None) -> None:
        """One update with the network's `compute_gradient` (P,), times `scale` (0-d), after which its `compute` is up to date.

        Cast, Adam and the copy back run piece by piece, so that each works on what the one before left in the cache.
        """
        self.count += 1
        if scale is not None and scale.device.type == "cpu" and scale.item() == 1:
            scale = None  # Nothing waits for the number there, and a pass over all gradients is spared.
        self.update(self.network.compute_gradient, 0, scale)

    @torch.no_grad()
    def step_from(self, gradients: Sequence[Tensor | None]) -> None:
        """`step_and_sync` with the gradients of the network's `parameters` as autograd gives them, without copying them into one buffer.

        As in PyTorch's optimisers, None leaves its parameter as it is.
        """
        if self.weights.is_cuda:
            self.step_at_once(gradients)
            return
        self.count += 1
        for start, gradient in zip(self.network.places, gradients, strict=False):
            if gradient is not None:
                self.update(in_memory_order(gradient), start)

    def step_at_once(self, gradients: Sequence[Tensor | None]) -> None:
        """`step_from` in few kernels, as a GPU waits for launches more than for memory: None counts as 0, which moves nothing that never had another."""
        self.count += 1
        pairs = list(zip(self.network.gradient_views, gradients, strict=True))
        if missing := [view for view, gradient in pairs if gradient is None]:
            torch._foreach_zero_(missing)
        given = [(view, gradient) for view, gradient in pairs if gradient is not None]
        torch._foreach_copy_([view for view, _ in given], [gradient for _, gradient in given])
        self.update(self.network.gradient, 0)

    def update(self, given: Tensor, start: int, scale: Tensor | None = None) -> None:
        """Adam on the weights from `start` on, whose gradient is `given` (N,) in any dtype, and their copy in `compute`."""
        pieces = self.pieces(start, given.shape[0])
        for part, piece in zip(given.split([piece.count for piece in pieces]), pieces, strict=True):
            gradient = part if part.dtype == torch.float32 else piece.gradient.copy_(part)
            if scale is not None:
                gradient = torch.mul(gradient, scale, out=piece.gradient)
            gradients = [gradient] if piece.part == piece.count else list(gradient.split(piece.part))
            torch._fused_adam_(
                piece.weights, gradients, piece.exp_avg, piece.exp_avg_sq, [], [self.count] * len(gradients), amsgrad=False,
                beta1=self.betas[0], beta2=self.betas[1], lr=self.rate, weight_decay=0.0, eps=self.eps, maximize=False,
            )  # fmt: skip
            if piece.compute is not None:
                piece.compute.copy_(piece.whole)

    def pieces(self, start: int, count: int) -> list[Piece]:
        """The `count` weights from `start` on in equal pieces, as views that are made once: making them is a noticeable part of a small step."""
        if (start, count) not in self.cut:
            network = self.network
            size = count if self.weights.is_cuda else math.ceil(count / math.ceil(count / PIECE))
            ends = [*range(start, start + count, size), start + count]
            compute = None if network.compute is network.master else network.compute_weights
            room = self.room if compute is None else network.gradient
            self.cut[start, count] = []
            for a, b in pairwise(ends):
                part = part_size(b - a, self.weights.device)
                weights, mean, square = (list(flat[a:b].split(part)) for flat in (self.weights, self.exp_avg, self.exp_avg_sq))
                own = None if compute is None else compute[a:b]
                self.cut[start, count].append(Piece(b - a, part, self.weights[a:b], weights, mean, square, room[: b - a], own))
        return self.cut[start, count]

    def state(self) -> dict[str, Tensor]:
        averages = {name: without_gaps(getattr(self, name), self.network.master) for name in ("exp_avg", "exp_avg_sq")}
        return {**averages, "count": self.count.clone()}

    def restore(self, state: dict[str, Tensor]) -> None:
        for name in ("exp_avg", "exp_avg_sq"):
            fill(getattr(self, name), self.network.master, state[name])
        self.count.copy_(state["count"])


def part_size(count: int, device: torch.device) -> int:
    """Of `count` numbers in the parts that a GPU's fused Adam works on side by side; each begins at a multiple of 16 bytes."""
    return count if device.type == "cpu" or count > SIDE_BY_SIDE * CHUNK else max(4, -(-count // (4 * SIDE_BY_SIDE)) * 4)


class FlatRAdam(FlatAdam):
    """RAdam (Liu et al. 2020), as `torch.optim.RAdam` computes it, by the same kernel: Adam with a step size and an epsilon that change.

    While the variance of the squared gradients' average is not known (at most five steps with the usual betas) it takes steps of plain momentum.
    """

    def __init__(self, network: FlatNetwork, learning_rate: float, eps: float = 1e-8, betas: tuple[float, float] = (0.9, 0.999)):
        super().__init__(network, learning_rate, eps, betas)
        self.learning_rate, self.damping = learning_rate, eps
        self.taken = 0

    def set_learning_rate(self, value: float | Tensor) -> None:
        if isinstance(self.rate, Tensor):
            self.rate.fill_(value)
        else:
            self.learning_rate = float(value)

    @torch.no_grad()
    def step_and_sync(self, scale: Tensor | None = None) -> None:
        if isinstance(self.rate, Tensor):
            self.step_in_tensors(self.rate, scale)
            return
        self.taken += 1
        rectification, self.eps = self.rectify(self.taken)
        super().set_learning_rate(self.learning_rate * rectification)
        super().step_and_sync(scale)
        if not rectification:  # The kernel updated the averages alone.
            self.weights.add_(self.exp_avg, alpha=-self.learning_rate / (1 - self.betas[0] ** self.taken))
            self.network.sync()

    def step_in_tensors(self, rate: Tensor, scale: Tensor | None = None) -> None:
        """The same step without a number in Python that changes, so that a GPU can capture it; `rate` is 0-d."""
        (beta1, beta2), steps = self.betas, self.count.add_(1).double()
        gradient = self.network.cast_gradient()
        if scale is not None:
            gradient = gradient * scale
        self.exp_avg.lerp_(gradient, 1 - beta1)
        self.exp_avg_sq.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        # `rectify` in 0-d tensors; the root of a negative ratio is not used.
        power, longest = torch.pow(beta2, steps), 2 / (1 - beta2) - 1
        length = longest - 2 * steps * power / (1 - power)
        ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        rectified = length > 5
        momentum = rate / (1 - torch.pow(beta1, steps))
        size = torch.where(rectified, momentum * (ratio * (1 - power)).abs().sqrt(), momentum).float()
        spread = torch.where(rectified, self.exp_avg_sq.sqrt().add_(self.damping), torch.ones_like(size))
        self.weights.sub_(size * self.exp_avg / spread)
        self.network.sync()

    def rectify(self, step: int) -> tuple[float, float]:
        """r_t of the paper's algorithm 2, 0 where it has none, and the epsilon of Adam's kernel, which adds it after the bias correction."""
        beta = self.betas[1]
        correction = 1 - beta**step
        longest = 2 / (1 - beta) - 1
        length = longest - 2 * step * beta**step / correction  # of the moving average, in steps
        if length <= 5:
            return 0.0, self.damping
        ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        return math.sqrt(ratio), self.damping / math.sqrt(correction)

    def restore(self, state: dict[str, Tensor]) -> None:
        super().restore(state)
        self.taken = int(self.count)
