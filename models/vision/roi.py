"""Regions of feature maps, each reduced to the same few rows and columns: RoI pooling (Girshick 2015) and sampling at exact places (RoIAlign,
He et al. 2017). Read first: `roi_pool`."""

import torch
from torch import Tensor


def roi_pool(maps: Tensor, boxes: Tensor, picture: Tensor, size: int, stride: int) -> Tensor:
    """(R, C, size, size): the maxima of each region's cells, in size x size parts of nearly equal area.

    maps (B, C, h, w), of which a cell stands for `stride` pixels; boxes (R, 4) in pixels, rounded outwards to whole cells; picture (R,). Part i of n
    cells goes from floor(i n / size) to ceil((i + 1) n / size).
    """
    b, c, h, w = maps.shape
    low = (boxes[:, :2] / stride).floor().long()
    high = (boxes[:, 2:] / stride).ceil().long()
    limit = torch.tensor([w, h], device=boxes.device)
    low = torch.minimum(low.clamp(min=0), limit - 1)
    count = (torch.minimum(high, limit) - low).clamp(min=1)  # (R, 2) cells in x and y
    part = torch.arange(size, device=boxes.device)
    first = part[None, None] * count[:, :, None] // size  # (R, 2, size)
    last = -(-(part[None, None] + 1) * count[:, :, None] // size)
    reach = torch.arange(int((last - first).max()), device=boxes.device)
    # A part of fewer cells names its last one again, which changes no maximum.
    cells = low[:, :, None, None] + torch.minimum(first[..., None] + reach, last[..., None] - 1)  # (R, 2, size, reach)
    x, y = cells[:, 0], cells[:, 1]
    place = (
        picture[:, None, None, None, None] * h * w + y[:, :, None, :, None] * w + x[:, None, :, None, :]
    )  # (R, size, size, reach, reach)
    flat = maps.permute(0, 2, 3, 1).reshape(b * h * w, c)
    return flat[place.flatten(3)].amax(3).permute(0, 3, 1, 2)


def roi_align(maps: Tensor, boxes: Tensor, picture: Tensor, size: int, stride: int, samples: int = 2) -> Tensor:
    """(R, C, size, size): the mean of samples x samples bilinear values in each of size x size parts of a region, at exact places.

    maps (B, C, h, w), of which a cell stands for `stride` pixels and has its value in its middle; boxes (R, 4) in pixels; picture (R,).
    """
    b, c, h, w = maps.shape
    flat = maps.permute(0, 2, 3, 1).reshape(b * h * w, c)
    at = (torch.arange(size * samples, device=boxes.device) + 0.5) / (size * samples)
    sides = boxes[:, 2:] - boxes[:, :2]
    x = ((boxes[:, 0, None] + at * sides[:, 0, None]) / stride - 0.5).clamp(0, w - 1)  # (R, P)
    y = ((boxes[:, 1, None] + at * sides[:, 1, None]) / stride - 0.5).clamp(0, h - 1)
    x0, y0 = x.floor().long(), y.floor().long()
    x1, y1 = (x0 + 1).clamp(max=w - 1), (y0 + 1).clamp(max=h - 1)
    right, below = (x - x0)[:, None, :, None], (y - y0)[:, :, None, None]
    first = picture[:, None, None] * h * w

    def values(rows: Tensor, columns: Tensor) -> Tensor:
        return flat[first + rows[:, :, None] * w + columns[:, None, :]]  # (R, P, P, C)

    above = (1 - right) * values(y0, x0) + right * values(y0, x1)
    under = (1 - right) * values(y1, x0) + right * values(y1, x1)
    sampled = (1 - below) * above + below * under
    return sampled.view(len(boxes), size, samples, size, samples, c).mean((2, 4)).permute(0, 3, 1, 2)
