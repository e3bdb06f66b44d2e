"""Instance normalisation (Ulyanov et al. 2016) with its activation, and its form with a style. `models.kernels` computes it."""

from torch import Tensor, nn

from models.kernels.instance_norm import instance_norm


class InstanceNorm(nn.Module):
    """Instance normalisation without parameters: each image by itself, so its output does not depend on the rest of its batch.

    A leaky ReLU of `slope` follows: 0 is the ReLU, 1 leaves it out.
    """

    def __init__(self, slope: float = 1.0):
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        return instance_norm(x, None, None, self.slope)


class StyledInstanceNorm(InstanceNorm):
    """The same with y * (1 + gamma(s)) + beta(s) before the ReLU, gamma and beta linear in a style s (B, D) (Huang & Belongie 2017).

    A style that is laid beside the image as constant planes would be lost: normalisation takes constants away.
    """

    def __init__(self, channels: int, style: int, slope: float = 1.0):
        super().__init__(slope)
        self.to_scale_and_shift = nn.Linear(style, 2 * channels)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        if style is None:
            raise ValueError("a network with a style needs one")
        gamma, beta = self.to_scale_and_shift(style).float().chunk(2, 1)
        return instance_norm(x, (1 + gamma).contiguous(), beta.contiguous(), self.slope)
