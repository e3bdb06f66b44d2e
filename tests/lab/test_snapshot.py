import threading

import pytest
import torch
from torch import nn

from lab.snapshot import Snapshot


def module(value: float) -> nn.Module:
    made = nn.BatchNorm1d(2)
    with torch.no_grad():
        made.weight.fill_(value)
        made.running_mean.fill_(value)
    return made


def test_a_reader_sees_the_newest_published_weights_and_buffers() -> None:
    snapshot = Snapshot(module(1))
    for value in (2, 3):
        snapshot.publish(module(value), force=True)
    with snapshot.read() as net:
        assert net.weight.tolist() == net.running_mean.tolist() == [3, 3]


def test_what_a_reader_holds_does_not_change_while_training_publishes() -> None:
    snapshot = Snapshot(module(1))
    with snapshot.read() as net:
        for value in (2, 3, 4):
            snapshot.publish(module(value), force=True)
        assert net.weight.tolist() == [1, 1]
    with snapshot.read() as net:
        assert net.weight.tolist() == [4, 4]


def test_nothing_is_copied_while_nobody_looks() -> None:
    snapshot = Snapshot(module(1))
    snapshot.publish(module(2))
    assert snapshot.version == 0


def test_at_most_one_copy_is_made_in_an_interval() -> None:
    snapshot = Snapshot(module(1), rate=1e-6)
    with snapshot.read():
        pass
    snapshot.publish(module(2))
    snapshot.publish(module(3))
    assert snapshot.version == 1


def test_the_trainer_never_waits_for_a_reader_that_swaps() -> None:
    snapshot = Snapshot(module(1))
    with snapshot.read():
        pass
    with snapshot.lock:
        thread = threading.Thread(target=snapshot.publish, args=(module(2),))
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
    assert snapshot.version == 0


def test_the_copy_is_in_eval_mode_and_needs_no_gradients() -> None:
    with Snapshot(module(1)).read() as net:
        assert not net.training
        assert not any(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize(
    "net", [nn.Identity(), nn.BatchNorm1d(2, affine=False), nn.Linear(1, 1, bias=False)], ids=["empty", "buffers", "one"]
)
def test_a_network_may_have_no_parameters_no_buffers_or_one(net: nn.Module) -> None:
    snapshot = Snapshot(net)
    for tensor in [*net.parameters(), *net.buffers()]:
        tensor.data.fill_(7)
    snapshot.publish(net, force=True)
    with snapshot.read() as copy:
        assert all((tensor == 7).all() for tensor in [*copy.parameters(), *copy.buffers()])
