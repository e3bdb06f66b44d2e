"""Agents of other programs: files written as CleanRL and Stable-Baselines3 write them, read without running what is in them."""

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from agents import foreign
from lab import cli, registry
from lab.errors import LabError, UsageError
from lab.stored_runs import find
from models.q_network import QNetwork, blocks_of_filters


def nature(outputs: int) -> nn.Sequential:
    """Nature DQN as CleanRL's dqn_atari.py has it."""
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(4, 32, 8, stride=4), nn.ReLU(), nn.Conv2d(32, 64, 4, stride=2), nn.ReLU(), nn.Conv2d(64, 64, 3, stride=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, outputs),
    )  # fmt: skip


class CleanRLNetwork(nn.Module):
    def __init__(self, outputs: int):
        super().__init__()
        self.network = nature(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x / 255.0)


def frames(count: int = 2) -> Tensor:
    return torch.randint(256, (count, 4, 84, 84), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def values(path: Path, game: str | None = None) -> Tensor:
    """Q values of what the lab reads from the file."""
    net = find(str(path), game).experiment("cpu", serving_only=True).serving()
    with torch.no_grad():
        return net(frames())


SB3 = {0: "features_extractor.cnn.0", 2: "features_extractor.cnn.2", 4: "features_extractor.cnn.4", 7: "features_extractor.linear.0"}


@pytest.fixture
def save_zip(tmp_path: Path) -> Callable[..., Path]:
    """Writes weights into a zip as Stable-Baselines3 does."""

    def make(weights: dict[str, Tensor], name: str = "BreakoutNoFrameskip-v4.zip") -> Path:
        torch.save(weights, tmp_path / "policy.pth")
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("data", json.dumps({"policy_class": {":serialized:": "gASVMAAAAAAAAACM", "__module__": "x"}, "gamma": 0.99}))
            archive.write(tmp_path / "policy.pth", "policy.pth")
            archive.writestr("_stable_baselines3_version", "2.9.2")
        return tmp_path / name

    return make


def sb3_weights(net: nn.Sequential, kind: str = "q_net") -> dict[str, Tensor]:
    names = {**{layer: f"{kind}.{name}" for layer, name in SB3.items()}, 9: f"{kind}.{kind}.0"}
    state = {f"{name}.{part}": getattr(net[layer], part).detach() for layer, name in names.items() for part in ("weight", "bias")}
    return {**state, **{name.replace(kind, f"{kind}_target", 1): value for name, value in state.items()}}


# -- what is read --------------------------------------------------------------------------------------------------


def test_filters_become_blocks_and_blocks_filters() -> None:
    filters = torch.randn(32, 4, 8, 8)
    net = QNetwork(3, hidden=8)
    net.load_state_dict({**net.state_dict(), "conv1.weight": blocks_of_filters(filters)})
    torch.testing.assert_close(net.filters(), filters, rtol=0, atol=0)


def test_a_cleanrl_dqn_gives_the_values_that_it_gives_there(tmp_path: Path) -> None:
    net = CleanRLNetwork(4)
    path = tmp_path / "BreakoutNoFrameskip-v4__dqn_atari__1__1700000000" / "dqn_atari.cleanrl_model"
    path.parent.mkdir()
    torch.save(net.state_dict(), path)
    with torch.no_grad():
        torch.testing.assert_close(values(path), net(frames().float()), rtol=1e-3, atol=1e-4)
    run = find(str(path))
    assert (run.recipe.name, run.stored["config"]["game"], run.name) == ("dqn", "breakout", "dqn_atari")


@pytest.mark.skipif("c51" not in registry.recipes(), reason="this version has no C51")
def test_a_cleanrl_c51_gives_the_values_that_it_gives_there(tmp_path: Path) -> None:
    net = CleanRLNetwork(4 * 51)
    atoms = torch.linspace(-10, 10, 51)
    net.register_buffer("atoms", atoms)
    args = {"env_id": "BreakoutNoFrameskip-v4", "v_min": -10.0, "v_max": 10.0, "n_atoms": 51, "seed": 1, "cuda": True}
    torch.save({"model_weights": net.state_dict(), "args": args}, tmp_path / "c51_atari.cleanrl_model")
    with torch.no_grad():
        expected = (net(frames().float()).view(2, 4, 51).softmax(2) * atoms).sum(2)
    torch.testing.assert_close(values(tmp_path / "c51_atari.cleanrl_model"), expected, rtol=1e-3, atol=1e-4)


def test_a_dqn_of_stable_baselines_gives_the_values_that_it_gives_there(save_zip: Callable[..., Path]) -> None:
    net = nature(4)
    path = save_zip(sb3_weights(net))
    with torch.no_grad():
        torch.testing.assert_close(values(path), net(frames().float() / 255), rtol=1e-3, atol=1e-4)


def test_the_quantiles_of_sb3_contrib_are_put_in_the_labs_order(save_zip: Callable[..., Path]) -> None:
    net = nature(5 * 4)
    path = save_zip(sb3_weights(net, "quantile_net"), "qrdqn_BreakoutNoFrameskip-v4_1.zip")
    with torch.no_grad():  # As in QuantileNetwork.forward of sb3-contrib: (B, quantiles, actions).
        expected = net(frames().float() / 255).view(2, 5, 4).mean(1)
    torch.testing.assert_close(values(path), expected, rtol=1e-3, atol=1e-4)
    assert find(str(path)).stored["config"]["quantiles"] == 5


@pytest.mark.parametrize(
    ("name", "game"),
    [("BreakoutNoFrameskip-v4", "breakout"), ("dqn-SpaceInvadersNoFrameskip-v4", "space_invaders"), ("ALE/MsPacman-v5", "ms_pacman"),
     ("my_pong_agent", "pong"), ("Qbert", "qbert")],
)  # fmt: skip
def test_the_game_is_read_from_the_name(name: str, game: str) -> None:
    assert foreign.game_of(Path("models") / f"{Path(name).name}.zip", {"env_id": name}) == game
    assert foreign.game_of(Path("models") / f"{Path(name).name}.zip", {}) == game


# -- what is refused -----------------------------------------------------------------------------------------------


def test_a_file_that_names_no_game_needs_one(tmp_path: Path) -> None:
    torch.save(CleanRLNetwork(4).state_dict(), tmp_path / "agent.cleanrl_model")
    with pytest.raises(UsageError, match="Name it with --game"):
        find(str(tmp_path / "agent.cleanrl_model"))
    assert find(str(tmp_path / "agent.cleanrl_model"), "breakout").stored["config"]["game"] == "breakout"
    with pytest.raises(LabError, match=r"has 4 actions, but pong has 6 actions"):
        find(str(tmp_path / "agent.cleanrl_model"), "pong")


class Code:
    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/was-run",)


@pytest.mark.parametrize("kind", ["bare", "torch", "zip"])
def test_a_pickle_with_code_is_refused_and_does_not_run(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(os, "system", ran.append)
    path = tmp_path / ("PongNoFrameskip-v4.zip" if kind == "zip" else "PongNoFrameskip-v4.cleanrl_model")
    if kind == "bare":
        path.write_bytes(pickle.dumps({"network.0.weight": Code()}))
    else:
        torch.save({"network.0.weight": Code()}, tmp_path / "policy.pth")
        path.write_bytes((tmp_path / "policy.pth").read_bytes())
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data", "{}")
            archive.write(tmp_path / "policy.pth", "policy.pth")
    with pytest.raises(LabError, match="cannot be read as weights"):
        find(str(path))
    assert not ran


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"mlp_extractor.policy_net.0.weight": torch.zeros(2, 2), "action_net.weight": torch.zeros(2, 2)}, "a policy-gradient agent"),
        ({"actor.mu.weight": torch.zeros(2, 2)}, "an actor and a critic"),
        ({"q_net.q_net.0.weight": torch.zeros(64, 4), "q_net.q_net.2.weight": torch.zeros(2, 64)}, "without convolutions"),
        ({"something.weight": torch.zeros(2, 2)}, "weights of another network"),
    ],
)  # fmt: skip
def test_other_agents_are_named(save_zip: Callable[..., Path], weights: dict[str, Tensor], sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        find(str(save_zip(weights)))


def test_a_network_on_other_pictures_is_refused(tmp_path: Path) -> None:
    net = CleanRLNetwork(4)
    net.network[0] = nn.Conv2d(3, 32, 8, stride=4)
    torch.save(net.state_dict(), tmp_path / "Breakout.cleanrl_model")
    with pytest.raises(LabError, match=r"conv1\.weight is 32x3x8x8, not 32x4x8x8"):
        find(str(tmp_path / "Breakout.cleanrl_model"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"hello"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pong.zip").write_bytes(content)
    with pytest.raises(LabError, match=r"pong\.zip cannot be read"):
        find(str(tmp_path / "pong.zip"))


def test_another_programs_agent_is_evaluated_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(CleanRLNetwork(4).state_dict(), tmp_path / "agent.cleanrl_model")
    monkeypatch.setattr("agents.dqn.DQN.evaluate", lambda self, **options: {"mean": 1.0, "game": self.config.game, **options})
    assert cli.main(["eval", str(tmp_path / "agent.cleanrl_model"), "--game", "breakout", "--episodes", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"mean": 1.0, "game": "breakout", "episodes": 2}
