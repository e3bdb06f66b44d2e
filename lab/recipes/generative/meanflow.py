"""The flow in one step (Geng et al. 2025). Its training is `denoising.py`, its maths `models/generative/mean_flow.py`."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from lab.recipes.generative.denoising import Denoising
from lab.recipes.generative.meanflow_config import MeanFlowConfig
from models.generative import mean_flow
from models.generative.flow import between, training_times
from models.generative.mean_flow import LENGTHS, joined_halves, stretches


class MeanFlow(Denoising):
    """The network learns mean velocities: of points from the straight ways, of stretches from their halves."""

    times: ClassVar[int] = 2

    def __init__(self, config: MeanFlowConfig, device: torch.device):
        self.config: MeanFlowConfig = config
        super().__init__(config, device)

    def model(self, net: nn.Module, classes: int) -> mean_flow.MeanFlow:
        return mean_flow.MeanFlow(net, self.feed.shape, classes, self.config.evaluations, self.config.guidance)

    def errors(self, images: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
        """The first images of the batch learn stretches, the others points."""
        long = int(self.config.stretches * len(images))
        halvings = torch.randint(LENGTHS, (long,), generator=self.seeds.noise, device=self.device)
        place = torch.rand(long, generator=self.seeds.noise, device=self.device)
        t = training_times("logit-normal", self.normal(len(images) - long))
        times = torch.cat([stretches(halvings, place), torch.stack([t, t], 1)])
        x, target = between(noise, images, times[:, 0]), images - noise
        with torch.no_grad():
            known = weights[:long]
            target[:long] = joined_halves(lambda at, stretch: self.answer_of(at, stretch, known), x[:long], times[:long])
        return self.answer_of(x, times, weights) - target
