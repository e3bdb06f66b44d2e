"""What a full memory looks like in Python: PyTorch and the libraries under it report it in many ways."""

from collections.abc import Iterator
from typing import Literal

import torch

HOST = ("can't allocate memory", "not enough memory")
"""Parts of a RuntimeError's message where main memory is full."""
GPU = (
    "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "CUSOLVER_STATUS_ALLOC_FAILED", "CUFFT_ALLOC_FAILED", "unable to find an engine to execute this computation",
)  # fmt: skip
"""Parts of it where a GPU's is. The last is cuDNN's, where no algorithm's workspace fits."""


def is_out_of_memory(error: BaseException) -> bool:
    return full_memory(error) is not None


def full_memory(error: BaseException) -> Literal["cpu", "cuda"] | None:
    """Whose memory is full, by the error or one behind it: a failed CUDA graph capture hides the error that ended it."""
    for each in chain(error):
        text = str(each)
        if isinstance(each, torch.cuda.OutOfMemoryError):
            return "cuda"
        if isinstance(each, MemoryError) or (isinstance(each, RuntimeError) and any(part in text for part in HOST)):
            return "cpu"
        if isinstance(each, RuntimeError) and any(part in text for part in GPU):
            return "cuda"
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, those that it was raised from and those that were being handled then."""
    waiting, seen = [error], set()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [behind for behind in (each.__cause__, each.__context__) if behind is not None]
