"""What the status bar says of the machine."""

import pytest
import torch

from gui import system


def test_the_gpus_memory_is_not_asked_of_a_driver_that_no_run_has_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: pytest.fail("the driver was asked"))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 5)
    assert system.gpu_memory() is None
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert system.gpu_memory() == 5
