"""horse2zebra (Zhu et al. 2017): photographs of horses and of zebras, unpaired."""

from lab.data.domain_folders import two_folders
from lab.data.downloads import fetched, unpacked
from lab.data.images import Domains, Request


def horse2zebra(request: Request) -> Domains:
    """1,067 horses and 1,334 zebras for training, 120 and 140 for test."""
    folder = unpacked(fetched("horse2zebra", "horse2zebra.zip"))
    return two_folders(folder / f"{request.split}A", folder / f"{request.split}B", size=request.size or 256, names=("horse", "zebra"))
