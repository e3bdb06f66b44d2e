"""Denoising diffusion (Ho et al. 2020). Its training is `denoising.py`, its maths `models/generative/ddpm.py`."""

import torch
from torch import Tensor, nn

from lab.recipes.generative.ddpm_config import DDPMConfig
from lab.recipes.generative.denoising import Denoising
from models.generative import ddpm


class DDPM(Denoising):
    """The network learns the noise in a picture."""

    def __init__(self, config: DDPMConfig, device: torch.device):
        self.config: DDPMConfig = config
        super().__init__(config, device)

    def model(self, net: nn.Module, classes: int) -> ddpm.DDPM:
        c = self.config
        return ddpm.DDPM(net, self.feed.shape, classes, c.evaluations, c.guidance, c.sampler)

    def errors(self, images: Tensor, noise: Tensor, weights: Tensor) -> Tensor:
        t = torch.rand(len(images), generator=self.seeds.noise, device=self.device)
        model: ddpm.DDPM = self.average.master  # type: ignore[assignment]
        return self.answer_of(model.noised(images, noise, t), model.time(model.level(t)), weights) - noise
