"""The benchmark of segmentation and detection: ratios in turns, and plain loops that learn the same."""

import pytest
import torch

from lab import bench_scenes


def test_a_ratio_is_the_median_of_the_rounds_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ours and the plain loop begin once to warm up; then ours takes 1 second three times, the plain loop 3, 2 and 10.
    clock = iter([0.0, 0.0, 0.0, 1.0, 1.0, 4.0, 4.0, 5.0, 5.0, 7.0, 7.0, 8.0, 8.0, 18.0])
    monkeypatch.setattr(bench_scenes.time, "perf_counter", lambda: next(clock))
    assert bench_scenes.in_turns(lambda: None, lambda: None, torch.device("cpu"), 6, 3) == (3.0, 6.0)


def test_plain_loops_learn_the_same_scenes() -> None:
    settings = {"data": "digits", "scenes": 20, "size": 32, "features": 2, "batch_size": 4}
    place = torch.device("cpu")
    segment = bench_scenes.Segment(bench_scenes.SegmentConfig.parse({**settings, "patch": 0}), place)
    detect = bench_scenes.Detect(bench_scenes.DetectConfig.parse(settings), place)
    for plain in (bench_scenes.PlainUNet(segment, place), bench_scenes.PlainDetector(detect, place)):
        losses = [plain.step() for _ in range(12)]
        assert losses[-1] < losses[0]
