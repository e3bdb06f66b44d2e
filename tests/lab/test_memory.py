"""Large blocks are kept by the process, very large ones lie in huge pages: a step does not wait for the kernel's pages again and again."""

import mmap
import platform
from pathlib import Path

import pytest
import torch

from lab.device import in_huge_pages, keep_freed_memory

resource = pytest.importorskip("resource")


huge_pages = pytest.mark.skipif(not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="a kernel without huge pages")


def wants_huge_pages(address: int) -> bool:
    """Whether the kernel was asked for huge pages at an address of this process."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            start, end = (int(part, 16) for part in first.split("-"))
            inside = start <= address < end
        elif inside and first == "VmFlags:":
            return "hg" in line.split()
    raise AssertionError("not an address of this process")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_freed_blocks_are_not_fetched_again() -> None:
    assert keep_freed_memory()

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.empty(16 << 18).fill_(1)  # 16 MB: 4,096 pages
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert faults() < 4096


@huge_pages
def test_a_tensor_is_put_into_huge_pages_and_keeps_its_contents() -> None:
    # Pages of its own: what the heap gives may lie where an earlier tensor had huge pages.
    pages = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    tensor = torch.frombuffer(pages, dtype=torch.uint8).fill_(7)
    assert not wants_huge_pages(tensor.data_ptr() + (100 << 20))
    assert in_huge_pages(tensor) is tensor
    assert wants_huge_pages(tensor.data_ptr() + (100 << 20))
    assert int(tensor[::4096].min()) == int(tensor[-1]) == 7
