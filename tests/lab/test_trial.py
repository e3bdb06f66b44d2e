"""One trial, carried out in this process."""

import json
from typing import Any

import pytest
import torch
from toy import Toy

from lab.errors import LabError
from lab.marks import marks
from lab.run import Run
from lab.stored_runs import runs
from lab.trial import Trial, carry_out
from lab.trials import with_runs

PART_OF = {"suite": "s", "trial": "a"}


def wanted(**values: Any) -> Trial:
    trial = Trial(**{"recipe": "toy", "fields": {"seed": 3}, "part_of": PART_OF, "steps": 30, **values})
    return with_runs([trial])[0]


def carried_out(**values: Any) -> list[dict[str, Any]]:
    news: list[dict[str, Any]] = []
    carry_out(wanted(**values), lambda **values: news.append(values))
    return news


def weights() -> torch.Tensor:
    (run,) = runs()
    return run.experiment("cpu").state()["net"]["weight"]


def test_it_trains_a_run_that_is_tagged_and_keeps_the_evaluation() -> None:
    news = carried_out(evaluation={"episodes": 2})
    (run,) = runs()
    assert run.stored["part_of"] == PART_OF
    assert marks(run).tags == ("s",)
    assert run.status()["status"] == "finished"
    stored = json.loads((run.path / "evaluation.json").read_text())
    assert stored == {"distance": run.evaluate()["distance"], "options": {"episodes": 2}, "done": 30}
    assert [line["status"] for line in news if "status" in line][-1] == "evaluating"
    assert wanted(evaluation={"episodes": 2}).figures() == stored
    assert wanted(evaluation={"episodes": 3}).figures() is None


def test_what_has_finished_is_not_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out()
    monkeypatch.setattr(Toy, "step", lambda self: pytest.fail("trained again"))
    carried_out(evaluation={"episodes": 5})
    assert len(runs()) == 1


def test_a_half_trained_run_continues_bit_for_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out(part_of={"suite": "s", "trial": "whole"})
    expected = weights()
    original = Toy.step

    def step(self: Toy) -> Any:
        if self.steps == 17:
            raise LabError("the power went out")
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(Toy, "step", step)
        with pytest.raises(LabError, match="the power went out"):
            carried_out()
    carried_out()
    newest = wanted().opened()
    assert newest is not None
    assert newest.status()["status"] == "finished"
    assert torch.equal(newest.experiment("cpu").state()["net"]["weight"], expected)
    assert len(runs()) == 2


def test_a_longer_trial_continues_the_same_run() -> None:
    carried_out(steps=20)
    carried_out(steps=40)
    (run,) = runs()
    assert (run.status()["done"], run.status()["target"]) == (40, 40)


@pytest.mark.parametrize("length", [{"steps": 30}, {"steps": None, "minutes": 1e-6}], ids=["steps", "minutes"])
def test_a_run_killed_after_its_last_checkpoint_counts_as_finished(length: dict[str, Any]) -> None:
    carried_out(**length)
    (run,) = runs()
    status = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps({**status, "status": "running"}))
    assert run.status()["status"] == "interrupted"
    carried_out(**length)
    assert Run(run.path).status()["status"] == "finished"
    assert wanted(**length).figures() is not None
