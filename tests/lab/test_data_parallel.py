"""A batch is split into shards that run side by side, each in its thread."""

import threading

import pytest
import torch

from lab import data_parallel


def test_a_batch_is_split_where_there_are_cores_and_images_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_parallel, "run_threads", lambda: 3)
    assert [data_parallel.shard_count(count, torch.device("cpu")) for count in (1, 7, 8, 16)] == [1, 1, 2, 3]
    assert data_parallel.shard_count(16, torch.device("cuda")) == 1


def test_shards_run_side_by_side_with_their_own_setting_of_threads() -> None:
    """Each shard waits for the other: in one thread they would wait for ever."""
    meeting, mine = threading.Barrier(2, timeout=30), torch.get_num_threads()
    in_new_thread: list[int] = []

    def work(shard: int, share: float, images: torch.Tensor, style: None) -> tuple[int, float, int, int]:
        meeting.wait()
        return shard, share, int(images.sum()), torch.get_num_threads()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_parallel, "run_threads", lambda: 2)
        torch.set_num_threads(3)
        try:
            results = data_parallel.run_shards(work, 2, torch.arange(5), None)
            new = threading.Thread(target=lambda: in_new_thread.append(torch.get_num_threads()))
            new.start()
            new.join()
            assert (torch.get_num_threads(), in_new_thread) == (3, [3])
        finally:
            torch.set_num_threads(mine)
    assert results == [(0, 0.6, 3, 1), (1, 0.4, 7, 1)]


def test_an_error_in_a_shard_comes_back_when_all_have_ended() -> None:
    ended = []

    def work(shard: int, share: float, images: torch.Tensor) -> None:
        if shard == 0:
            raise ValueError("shard 0")
        ended.append(shard)

    with pytest.raises(ValueError, match="shard 0"):
        data_parallel.run_shards(work, 2, torch.arange(4))
    assert ended == [1]
