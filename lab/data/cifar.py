"""CIFAR-10, read from its archive of raw bytes."""

import tarfile

import numpy as np
import torch

from lab.data.catalogue import find
from lab.data.downloads import fetched
from lab.data.images import LabelledImages, Request
from lab.errors import LabError


def cifar_10(request: Request) -> LabelledImages:
    """50,000 train and 10,000 test photographs (N, 3, 32, 32)."""
    path = fetched("cifar-10", "cifar-10-binary.tar.gz")
    wanted = ["test_batch.bin"] if request.split == "test" else [f"data_batch_{i}.bin" for i in range(1, 6)]
    blocks = []
    try:
        with tarfile.open(path) as archive:
            for name in wanted:
                member = archive.extractfile(f"cifar-10-batches-bin/{name}")
                assert member is not None
                blocks.append(np.frombuffer(member.read(), np.uint8).reshape(-1, 3073))
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}). Delete it and try again.") from None
    rows = np.concatenate(blocks)
    return LabelledImages(
        torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32)), torch.from_numpy(rows[:, 0].astype(np.int64)), find("cifar-10").classes
    )
