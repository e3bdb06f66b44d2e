"""Recipes are composed: few ancestors, views of parts, and a state whose names are those of stored checkpoints."""

from pathlib import Path

import pytest
import torch

from lab.experiment import Experiment, views_of
from lab.registry import recipes

NAMES = sorted(recipes())
OURS = ("lab", "agents", "models")


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_has_at_most_two_ancestors_of_ours(name: str) -> None:
    ancestors = [base for base in recipes()[name].experiment_class().__mro__[1:] if base.__module__.split(".")[0] in OURS]
    assert len(ancestors) <= 2
    assert ancestors[-1] is Experiment


@pytest.mark.parametrize("name", NAMES)
def test_no_view_of_a_part_hides_another(name: str) -> None:
    cls = recipes()[name].experiment_class()
    names = [view for _, part in cls.answering() for view in views_of(part)]
    assert len(names) == len(set(names)) == len(cls.views())


GROUPS = ("counters", "generators", "lapse", "diagnosis", "epoch", "best", "statistics")
LATENT = "order counters.position counters.steps counters.lapse_every generators.order generators.noise lapse.steps lapse.pictures diagnosis.averages diagnosis.seen"
CODING = f"net adam {LATENT}"
ADVERSARIAL = f"g d average g_adam d_adam d_count {LATENT}"
DENOISING = f"net average adam {LATENT}"
TRANSLATION = (
    "g d g_adam d_adam shuffles generators.noise generators.augment counters.steps counters.lapse_every lapse.steps lapse.pictures terms"
)
SEQUENCE = "net adam generator dropout steps"
STORED = {
    "autoencoder": CODING, "vae": CODING, "cvae": CODING, "gan": ADVERSARIAL, "dcgan": ADVERSARIAL, "cgan": ADVERSARIAL,
    "wgan-gp": ADVERSARIAL, "r3gan": ADVERSARIAL, "stylegan": ADVERSARIAL, "pixelcnn": DENOISING, "vqvae": f"{DENOISING} prior prior_adam", "flow": DENOISING, "ddpm": DENOISING, "meanflow": DENOISING, "cyclegan": f"{TRANSLATION} pools", "pix2pix": TRANSLATION, "gpt": SEQUENCE,
    "char-rnn": f"{SEQUENCE} places carried", "seq2seq": SEQUENCE, "tag": SEQUENCE, "text-class": SEQUENCE, "forecast": SEQUENCE,
    "word2vec": SEQUENCE,
    "classify": "net optimizer generators.order generators.augment generators.dropout epoch.order epoch.place steps measured ended "
                "best.loss best.step best.since best.weights history train_sums statistics.activations statistics.gradients",
}  # fmt: skip
"""The names under which checkpoints on people's disks hold their parts: another name orphans them."""


@pytest.mark.parametrize("name", STORED)
def test_a_state_has_the_names_that_stored_checkpoints_have(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("the cat sat on the mat and the dog lay by the door. " * 600)
    (tmp_path / "a.tsv").write_text("".join(f"good\tnice day number {i}\nbad\tno nice night {i}\n" for i in range(30)))
    files = {"text-class": "a.tsv", "gpt": "a.txt", "char-rnn": "a.txt", "word2vec": "a.txt"}
    recipe = recipes()[name]
    values = {"data": f"file:{tmp_path / files[name]}"} if name in files else {}
    state = recipe.experiment_class()(recipe.config_class().parse(values), torch.device("cpu")).state()
    names = {f"{name}.{inner}" if name in GROUPS else name for name, part in state.items() for inner in (part if name in GROUPS else [""])}
    assert names == set(STORED[name].split())
