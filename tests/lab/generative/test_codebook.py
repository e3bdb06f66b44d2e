"""Training a VQ-VAE: the codebook rests after its steps while the prior goes on, and codes can be edited and drawn anew."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.api import train
from lab.errors import UsageError
from lab.experiment import Experiment
from lab.run import Run

Make = Callable[..., Experiment]


def advance(experiment: Experiment, steps: int) -> Any:
    for _ in range(steps):
        experiment.step()
    return experiment


def ask(experiment: Experiment, view: str, **parameters: Any) -> Any:
    return experiment.answer(view, experiment.serving().eval(), experiment.views()[view].checked(parameters))


def test_after_its_steps_the_codebook_rests_and_the_prior_goes_on(make: Make) -> None:
    experiment = advance(make("vqvae", codebook_steps=5), 5)
    before, prior = experiment.net.state(), experiment.prior.weights.clone()
    metrics = experiment.step()
    assert all(torch.equal(value, before[name]) for name, value in experiment.net.state().items())
    assert not torch.equal(prior, experiment.prior.weights)
    assert "losses/prior" in metrics
    assert "losses/reconstruction" not in metrics


def test_the_first_step_puts_the_codebook_on_encodings(make: Make) -> None:
    metrics = make("vqvae").step()
    assert int(metrics["charts/revived"]) == 8
    assert 1 <= float(metrics["charts/perplexity"]) <= 8


def test_codes_are_read_edited_and_drawn_anew_from_a_place_on(make: Make) -> None:
    experiment = advance(make("vqvae"), 3)
    rows = [row[1:] for row in ask(experiment, "code_grid", anchor="image:3").rows]
    codes = [code for row in rows for code in row]
    assert len(codes) == 4
    text = ",".join(map(str, codes))
    image = ask(experiment, "decode_codes", codes=text)
    assert image.codes.shape == (1, 16)
    redrawn = [code for row in ask(experiment, "redrawn_codes", codes=text, start=3, seed=5).rows for code in row[1:]]
    assert redrawn[:3] == codes[:3]
    with pytest.raises(UsageError, match="from 0 to 7"):
        ask(experiment, "decode_codes", codes="8")


def test_usage_adds_up_to_one(make: Make) -> None:
    experiment = advance(make("vqvae"), 3)
    _, shares = ask(experiment, "codebook_usage").series["share"]
    assert shares.sum() == pytest.approx(1)
    assert len(shares) == 8


def test_a_stored_run_of_before_the_prior_knew_classes_still_opens(tmp_path: Path) -> None:
    fields = {
        "data": "digits", "size": 8, "features": 4, "entries": 8, "entry_width": 4, "prior_features": 4, "prior_layers": 2,
        "prior_by_class": False, "prior_dropout": 0.0, "quality_every": 0,
    }  # fmt: skip
    path = train("vqvae", steps=1, device="cpu", run=tmp_path / "run", quiet=True, **fields).path
    stored = json.loads((path / "config.json").read_text())
    del stored["config"]["prior_by_class"], stored["config"]["prior_dropout"]
    (path / "config.json").write_text(json.dumps(stored))
    assert Run(path).show("samples", n=4).pixels.shape[:3] == (4, 8, 8)
