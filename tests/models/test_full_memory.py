"""A full memory is recognised in every form in which it is reported."""

import pytest
import torch

from models.full_memory import full_memory, is_out_of_memory


@pytest.mark.parametrize(
    ("error", "where"),
    [
        (MemoryError(), "cpu"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:129] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
            "cpu",
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."), "cpu"),
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "cuda"),
        (torch.AcceleratorError("CUDA error: out of memory", 2), "cuda"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "cuda"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "cuda"),
        (RuntimeError("GET was unable to find an engine to execute this computation"), "cuda"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (ValueError("out of memory"), None),
    ],
)
def test_each_text_says_whose_memory_is_full(error: Exception, where: str | None) -> None:
    assert full_memory(error) == where
    assert is_out_of_memory(error) == (where is not None)


def test_a_full_memory_behind_another_error_is_recognised() -> None:
    hiding = RuntimeError("CUDA error: operation failed due to a previous error during capture")
    hiding.__context__ = torch.cuda.OutOfMemoryError("CUDA out of memory.")
    assert full_memory(hiding) == "cuda"
    caused = RuntimeError("a view failed")
    caused.__cause__ = MemoryError()
    assert full_memory(caused) == "cpu"


def test_errors_that_refer_to_each_other_end_the_search() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__context__, two.__context__ = two, one
    assert not is_out_of_memory(one)
