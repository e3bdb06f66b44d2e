"""The latent family of dreams: codes of frames and their prediction; the rest of a dream is the same for both."""

import pytest
import torch
from torch import Tensor

from agents.dream import Dream
from agents.dream_config import DreamConfig
from lab.answers import Images
from lab.errors import UsageError
from models.dream_latent import LatentDream
from models.dream_unet import draw
from tests.agents.test_dream import CPU, TINY

LATENT = TINY | {"family": "latent", "entries": 16}


def asked(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return (
        torch.randint(4, (2, 4, 16, 16), generator=rng, dtype=torch.uint8),
        torch.zeros(2, 4, dtype=torch.int64),
        torch.zeros(2, dtype=torch.int64),
    )


@pytest.fixture(scope="module")
def net() -> LatentDream:
    torch.manual_seed(0)
    net = LatentDream(actions=6, colours=4, features=8, size=16, entries=16).eval()
    torch.nn.init.normal_(net.next.weight, std=2.0)
    return net


def test_a_code_stands_for_eight_by_eight_pixels(net: LatentDream) -> None:
    frames, actions, clock = asked()
    seen = net(frames, actions, clock, frames[:, -1], torch.zeros(2))
    assert seen.codes is not None
    assert seen.codes.shape == (2, 16, 2, 2)
    assert seen.frame.shape == (2, 4, 16, 16)


def test_the_action_changes_the_codes_that_come_next(net: LatentDream) -> None:
    frames, actions, clock = asked()
    other = actions.clone()
    other[:, -1] = 2
    one, two = (net(frames, taken, clock, frames[:, -1], torch.zeros(2)).codes for taken in (actions, other))
    assert not torch.allclose(one, two)


def test_codes_that_nothing_has_learned_stay() -> None:
    net = LatentDream(actions=6, colours=4, features=8, size=16, entries=16).eval()
    frames, actions, clock = asked()
    seen = net(frames, actions, clock, frames[:, -1], torch.zeros(2))
    assert torch.equal(seen.codes.argmax(1), seen.last_codes)
    assert draw(net, frames, actions, clock)[0].shape == (2, 16, 16)


def test_training_learns_to_rebuild_and_to_predict() -> None:
    dream = Dream(DreamConfig.parse(LATENT | {"learning_rate": 3e-3, "warmup": 0, "batch_size": 8}), CPU)
    first, *_, last = [{name: float(value) for name, value in dream.step().items()} for _ in range(30)]
    assert last["losses/frame"] < first["losses/frame"] / 2
    used = dream.net.master.autoencoder.uses  # type: ignore[union-attr]
    assert (used > 0).all()


def test_a_temperature_draws_codes_and_the_seed_decides_which(net: LatentDream) -> None:
    frames, actions, clock = asked()

    def drawn(temperature: float, seed: int) -> Tensor:
        return draw(net, frames, actions, clock, temperature=temperature, generator=torch.Generator().manual_seed(seed))[0]

    assert torch.equal(drawn(5.0, 1), drawn(5.0, 1))
    assert not torch.equal(drawn(5.0, 1), drawn(5.0, 2))
    assert torch.equal(drawn(1e-4, 1), drawn(0.0, 1))


def test_codes_are_shown_over_time() -> None:
    dream = Dream(DreamConfig.parse(LATENT), CPU)
    dream.step()
    shown = dream.answer("codes_over_time", dream.serving(), {"steps": 3})
    assert isinstance(shown, Images)
    assert shown.pixels.shape == (3, 16, 4 * 16 + 3 * 2, 3)
    assert shown.captions[0].endswith("of 4 codes differ")
    flow = Dream(DreamConfig.parse(TINY), CPU)
    with pytest.raises(UsageError, match="needs --family latent"):
        flow.answer("codes_over_time", flow.serving(), {})


def test_several_drawing_steps_are_refused() -> None:
    with pytest.raises(UsageError, match="--family latent draws in one step"):
        DreamConfig.parse(LATENT | {"drawing_steps": 2})
