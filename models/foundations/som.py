"""The self-organising map: units on a grid, each with a place among the data; neighbours on the grid stay neighbours (Kohonen 1982)."""

import torch
from torch import Tensor, nn


class SelfOrganisingMap(nn.Module):
    """`units` (rows, columns, d): where each unit of the grid is among the data."""

    units: Tensor
    grid: Tensor

    def __init__(self, rows: int, columns: int, dimensions: int):
        super().__init__()
        self.register_buffer("units", torch.rand(rows, columns, dimensions) * 0.2 + 0.4)
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        self.register_buffer("grid", torch.stack([y, x], 2).float())

    def winner(self, x: Tensor) -> tuple[int, int]:
        """Row and column of the unit nearest to x (d,)."""
        index = int((self.units - x).square().sum(2).argmin())
        return divmod(index, self.units.shape[1])

    def pull(self, x: Tensor, rate: float, radius: float) -> tuple[int, int]:
        """w += rate exp(-distance^2 / (2 radius^2)) (x - w), in place, with the distance on the grid to the winner, which is returned."""
        row, column = self.winner(x)
        distance = (self.grid - self.grid[row, column]).square().sum(2)  # (rows, columns)
        near = torch.exp(-distance / (2 * radius**2))
        self.units += rate * near[..., None] * (x - self.units)
        return row, column

    def errors(self, x: Tensor) -> tuple[float, float]:
        """Mean distance of x (N, d) to the nearest unit, and the share whose two nearest units are not neighbours on the grid."""
        distance = torch.cdist(x, self.units.flatten(0, 1))  # (N, rows * columns)
        two = distance.topk(2, largest=False)
        apart = (self.grid.flatten(0, 1)[two.indices[:, 0]] - self.grid.flatten(0, 1)[two.indices[:, 1]]).abs().amax(1)
        return float(two.values[:, 0].mean()), float((apart > 1).float().mean())
