"""Blocks of pixels as channels: a convolution over k x k blocks does the work of a strided one, several times faster.

A convolution of kernel 2k and stride k over an image equals one of kernel 2 and stride 1 over the image whose k x k blocks became
channels. Q networks take 4x4 blocks of uint8 frames in, and 2x2 blocks between their first two layers. All results are channels_last.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.windows import from_blocks, plain_to_blocks

relu_backward_into = torch.ops.aten.threshold_backward.grad_input


def space_to_depth(frames: Tensor) -> Tensor:
    """uint8 (B, 4, 84, 84) -> uint8 (B, 64, 21, 21); channel = 16 * frame + 4 * (y % 4) + x % 4."""
    return stack_blocks(frame_blocks(frames.reshape(-1, 84, 84)))


def plain_space_to_depth(frames: Tensor) -> Tensor:
    return F.pixel_unshuffle(frames, 4)


def depth_to_space(blocks: Tensor) -> Tensor:
    """The inverse of `space_to_depth`: uint8 (B, 64, 21, 21) -> uint8 (B, 4, 84, 84)."""
    pixels = blocks.view(-1, 4, 4, 4, 21, 21).permute(0, 1, 4, 2, 5, 3)  # (B, frame, y // 4, y % 4, x // 4, x % 4)
    return pixels.reshape(-1, 4, 84, 84)


def plain_depth_to_space(blocks: Tensor) -> Tensor:
    return F.pixel_shuffle(blocks, 4)


def frame_blocks(frames: Tensor) -> Tensor:
    """Single frames (N, 84, 84) uint8 with the 16 pixels of each 4x4 block side by side: (N, 7056), as `stack_blocks` takes them.

    Four neighbouring pixels travel as one int32.
    """
    quads = frames.contiguous().view(torch.int32)  # (N, 84, 21)
    return quads.view(-1, 21, 4, 21).permute(0, 1, 3, 2).contiguous().view(torch.uint8).view(-1, 84 * 84)


def plain_frame_blocks(frames: Tensor) -> Tensor:
    return F.pixel_unshuffle(frames[:, None], 4).permute(0, 2, 3, 1).flatten(1)


def frame_pixels(blocks: Tensor) -> Tensor:
    """The inverse of `frame_blocks`: (N, 7056) uint8 -> (N, 84, 84)."""
    quads = blocks.contiguous().view(torch.int32)
    return quads.view(-1, 21, 21, 4).permute(0, 1, 3, 2).contiguous().view(torch.uint8).view(-1, 84, 84)


def plain_frame_pixels(blocks: Tensor) -> Tensor:
    return F.pixel_shuffle(blocks.view(-1, 21, 21, 16).permute(0, 3, 1, 2), 4)[:, 0]


def stack_blocks(frames: Tensor) -> Tensor:
    """The blocks (B, 64, 21, 21) uint8 of stacks, from their frames (4 B, 7056) as `frame_blocks` orders them.

    A block of a frame, 16 bytes, travels as one complex number.
    """
    blocks = frames.view(torch.complex128).view(-1, 4, 441).permute(0, 2, 1).contiguous()  # (B, 441, 4)
    return blocks.view(torch.uint8).view(-1, 21, 21, 64).permute(0, 3, 1, 2)


def plain_stack_blocks(frames: Tensor) -> Tensor:
    return plain_space_to_depth(plain_frame_pixels(frames).view(-1, 4, 84, 84))


def relu_to_blocks(x: Tensor) -> Tensor:
    """`windows.to_blocks` of relu(x) for x (B, C, H, W), in one pass: (B, 4 C, H / 2, W / 2)."""
    b, c, h, w = x.shape
    y = torch.empty(b, h // 2, w // 2, 2, 2, c, dtype=x.dtype, device=x.device)
    torch.clamp_min(blocks2x2(x), 0, out=y)
    return y.view(b, h // 2, w // 2, 4 * c).permute(0, 3, 1, 2)


def plain_relu_to_blocks(x: Tensor) -> Tensor:
    return plain_to_blocks(F.relu(x))


def relu_to_blocks_backward(gradient: Tensor, y: Tensor) -> Tensor:
    """The gradient in x (B, C, H, W) of y = `relu_to_blocks(x)`, given that in y, (B, 4 C, H / 2, W / 2), in one pass."""
    b, c, h, w = y.shape
    x_gradient = torch.empty(b, 2 * h, 2 * w, c // 4, dtype=y.dtype, device=y.device).permute(0, 3, 1, 2)
    relu_backward_into(packed_blocks2x2(gradient), packed_blocks2x2(y), 0, grad_input=blocks2x2(x_gradient))
    return x_gradient


def plain_relu_to_blocks_backward(gradient: Tensor, y: Tensor) -> Tensor:
    return from_blocks(gradient * (y > 0))


def blocks2x2(x: Tensor) -> Tensor:
    """The 2x2 blocks of x (B, C, H, W), a view (B, H / 2, W / 2, 2, 2, C)."""
    b, c, h, w = x.shape
    stride_b, stride_c, stride_h, stride_w = x.stride()
    return x.as_strided((b, h // 2, w // 2, 2, 2, c), (stride_b, 2 * stride_h, 2 * stride_w, stride_h, stride_w, stride_c))


def packed_blocks2x2(x: Tensor) -> Tensor:
    """The same view (B, H, W, 2, 2, C) of what `to_blocks` gives, x (B, 4 C, H, W)."""
    b, c, h, w = x.shape
    stride_b, stride_c, stride_h, stride_w = x.stride()
    return x.as_strided((b, h, w, 2, 2, c // 4), (stride_b, stride_h, stride_w, c // 2 * stride_c, c // 4 * stride_c, stride_c))
