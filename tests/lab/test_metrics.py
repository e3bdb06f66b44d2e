import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lab.metrics import MetricsWriter, names, read_rows, series


def writer(folder: Path, *rows: tuple[int, dict[str, float]]) -> MetricsWriter:
    made = MetricsWriter(folder)
    for step, values in rows:
        made.write(step, step / 10, values)
    return made


def test_rows_come_back_in_order_with_their_step_and_time(tmp_path: Path) -> None:
    writer(tmp_path, (1, {"a": 0.5}), (2, {"b": 1.0})).close()
    assert read_rows(tmp_path / "metrics.jsonl") == [{"step": 1, "time": 0.1, "a": 0.5}, {"step": 2, "time": 0.2, "b": 1.0}]


def test_a_torn_last_line_is_ignored_when_read(tmp_path: Path) -> None:
    writer(tmp_path, (1, {"a": 0.5})).close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "ti')
    assert [row["step"] for row in read_rows(tmp_path / "metrics.jsonl")] == [1]


def test_a_torn_last_line_is_cut_off_before_the_next_row(tmp_path: Path) -> None:
    writer(tmp_path, (1, {"a": 0.5})).close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "ti')
    writer(tmp_path, (3, {"a": 1.5})).close()
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 3]


def test_bytes_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step": 1, "time": 0}\n\xff\xfe\0\n{"step": 2, "time": 0}\n')
    assert [row["step"] for row in read_rows(tmp_path / "metrics.jsonl")] == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "[1]", '"x"', "null", "5", "{}", '{"step": "x", "time": 0}', '{"step": null, "time": 0}', '{"step": NaN, "time": 0}', '{"step": 1}',
        '{"step": 1, "time": "x"}', '{"resumed_at": "x"}', '{"resumed_at": null}', f'{{"step": 1{400 * "0"}, "time": 0}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_row_is_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(f'{{"step": 1, "time": 0}}\n{line}\n{{"step": 2, "time": 0}}\n')
    assert [row["step"] for row in read_rows(tmp_path / "metrics.jsonl")] == [1, 2]


def test_values_that_are_no_numbers_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "time": 0, "a": "x", "b": true, "c": [1], "d": NaN, "e": null, "f": 2}\n')
    assert read_rows(tmp_path / "metrics.jsonl") == [{"step": 1, "time": 0, "e": None, "f": 2}]


def test_resumed_at_takes_back_the_rows_beyond_it(tmp_path: Path) -> None:
    made = writer(tmp_path, (1, {"a": 1}), (2, {"a": 2}), (3, {"a": 3}))
    made.resumed_at(2)
    made.write(3, 0.3, {"a": 30})
    made.close()
    assert [(row["step"], row["a"]) for row in read_rows(tmp_path / "metrics.jsonl")] == [(1, 1), (2, 2), (3, 30)]


def test_tensorboard_drops_what_a_resumption_took_back(tmp_path: Path) -> None:
    made = writer(tmp_path, (1, {"a": 1}), (2, {"a": 2}), (3, {"a": 3}))
    made.close()
    made = MetricsWriter(tmp_path)
    made.resumed_at(2)
    made.write(3, 0.3, {"a": 30})
    made.close()
    seen = EventAccumulator(str(tmp_path)).Reload().Scalars("a")
    assert [(event.step, event.value) for event in seen] == [(1, 1), (2, 2), (3, 30)]


def test_a_value_that_is_not_finite_is_stored_as_null_and_left_out_of_curves(tmp_path: Path) -> None:
    writer(tmp_path, (1, {"a": 1.0}), (2, {"a": float("nan")}), (3, {"a": float("inf")}), (4, {"a": 4.0})).close()
    rows = read_rows(tmp_path / "metrics.jsonl")
    assert rows[1]["a"] is None
    steps, values = series(rows, "a")
    assert (steps.tolist(), values.tolist()) == ([1, 4], [1, 4])


def test_names_are_listed_in_order_of_first_appearance(tmp_path: Path) -> None:
    writer(tmp_path, (1, {"b": 1}), (2, {"a": 1, "b": 2})).close()
    assert names(read_rows(tmp_path / "metrics.jsonl")) == ["b", "a"]


def test_tensorboard_reads_the_same_rows(tmp_path: Path) -> None:
    writer(tmp_path, (5, {"losses/loss": 0.25}), (10, {"losses/loss": 0.125})).close()
    reader = EventAccumulator(str(tmp_path))
    reader.Reload()
    assert [(event.step, event.value) for event in reader.Scalars("losses/loss")] == [(5, 0.25), (10, 0.125)]


def test_a_run_without_metrics_has_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "metrics.jsonl") == []
    steps, values = series([], "a")
    assert (len(steps), len(values)) == (0, 0)
