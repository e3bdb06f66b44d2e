"""A Q network asked for one state at a time, as when many agents play at once on a processor.

Such a pass reads every weight to use it once, so what counts is how few bytes are read: the weights are in bfloat16, and of the hidden
layer, which has nine tenths of them, only those of features that are not 0 are read; after ReLU half to nine tenths are.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.q_network import ActionValueNetwork


class SparsePass:
    """Asks `net`, which is not trained meanwhile; `dtype` is that of the arithmetic of its trunk and hidden layer."""

    def __init__(self, net: nn.Module, dtype: torch.dtype = torch.float32):
        self.net = net
        self.body: ActionValueNetwork | None = None
        """A copy in `dtype`; None where the network is no trunk, hidden layer and head."""
        if isinstance(net, ActionValueNetwork) and type(net).outputs_of is ActionValueNetwork.outputs_of:
            self.body = copy.deepcopy(net).to(dtype)
            self.rows = self.body.hidden.weight.detach().t().contiguous()  # (features, units)
            self.body.hidden.weight.data = self.rows.t()  # It needs no memory of its own.

    @torch.inference_mode()
    def values(self, stack: Tensor) -> Tensor:
        """Q values (A,) float32 of one stack (4, 84, 84) uint8."""
        if self.body is None:
            return self.net(stack[None])[0].float()
        assert isinstance(self.net, ActionValueNetwork)
        features = self.body.features(stack[None])[0]
        places = features.nonzero()[:, 0]
        sums = F.embedding_bag(places, self.rows, places.new_zeros(1), mode="sum", per_sample_weights=features[places])  # (1, units)
        units = self.body.activate(sums + self.body.hidden.bias).float()
        return self.net.values(self.net.head(units))[0]
