"""An experiment needs no parameters, no optimiser and no gradient: a table of Q values trains, resumes and is looked at as a GAN is."""

import pytest
import q_table
import torch

import lab
from lab import registry
from lab.run import Run
from lab.session import Session

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "BUILT_IN", (*registry.BUILT_IN, q_table.RECIPE))


def test_it_learns_to_go_right_and_its_run_answers_a_view() -> None:
    run = lab.train("q-table", steps=400)
    assert run.evaluate() == {"goes_right": 1.0}
    answer = run.show("values")
    assert answer.values.shape == (2, 5)
    assert answer.values[1, 3] == pytest.approx(1.0)  # Right of it lies the end, which gives 1.
    assert answer.values[1, 2] == pytest.approx(0.9, abs=0.01)


def test_a_resumed_run_equals_an_uninterrupted_one() -> None:
    whole = lab.train("q-table", steps=90)
    parts = lab.train("q-table", steps=40)
    lab.resume(parts.name, steps=90)
    states = [run.experiment("cpu").state() for run in (whole, parts)]
    assert torch.equal(states[0]["table"]["q"], states[1]["table"]["q"])
    assert states[0]["generator"] == states[1]["generator"]
    assert (states[0]["steps"], states[0]["cell"]) == (states[1]["steps"], states[1]["cell"])


def test_a_session_answers_its_live_view_from_a_snapshot() -> None:
    config = q_table.QTableConfig()
    experiment = q_table.QLearning(config, CPU)
    session = Session(experiment, Run.create(q_table.RECIPE, config, CPU, 1), steps=30)
    session.start()
    try:
        assert session.trained.wait(60)
        assert session.ask("values").result(60).values.tolist() == experiment.table.q.T.tolist()
    finally:
        assert session.close(60)
