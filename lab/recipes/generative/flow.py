"""Rectified flow (Liu et al. 2023; Lipman et al. 2023). Its training is `denoising.py`, its maths `models/generative/flow.py`."""

import torch
from torch import Tensor, nn

from lab.recipes.generative.denoising import Denoising
from lab.recipes.generative.flow_config import FlowConfig
from models.generative import flow


class Flow(Denoising):
    """The network learns the velocity from noise to picture."""

    takes_processes = True

    def __init__(self, config: FlowConfig, device: torch.device):
        self.config: FlowConfig = config
        super().__init__(config, device)

    def model(self, net: nn.Module, classes: int) -> flow.Flow:
        c = self.config
        return flow.Flow(net, self.feed.shape, classes, c.evaluations, c.guidance, c.sampler)

    def errors(self, images: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
        t = flow.training_times(self.config.times, self.normal(len(images)))
        return self.answer_of(flow.between(noise, images, t), t, weights) - (images - noise)
