"""What networks of word vectors have in common: vectors of length 1, and the nearest of them."""

from torch import Tensor, nn
from torch.nn import functional as F


class WordVectors(nn.Module):
    """A subclass gives `table`, a vector for each word."""

    def table(self) -> Tensor:
        """(V, width)"""
        raise NotImplementedError

    def vectors(self) -> Tensor:
        """The words' vectors (V, width), each of length 1."""
        return F.normalize(self.table().float(), dim=1)

    def nearest(self, query: Tensor, count: int, without: list[int]) -> tuple[Tensor, Tensor]:
        """Cosines and indices of the `count` words nearest to a vector (width,), leaving out the words `without`."""
        cosine = self.vectors() @ F.normalize(query.float(), dim=0)
        cosine[without] = -2.0
        return cosine.topk(min(count, len(cosine) - len(without)))
