"""Settings of PQN, `pqn` and `pqn-fast`.

`pqn` has the published values but for three: its schedules are shorter, and a lost life does not end the return. The preset "as published"
has all of them. `pqn-fast` has those that learned soonest in few steps here.
"""

from typing import ClassVar

from pydantic import Field, model_validator

from agents.agent_config import AgentConfig
from lab.config import unit, unless, with_defaults, words


class PQNConfig(with_defaults(AgentConfig, "PQNDefaults", envs=128, epsilon_end=0.001, epsilon_steps=1_000_000)):  # type: ignore[misc]
    """PQN: Q-learning from many environments at once, without replay memory and target network (Gallici et al. 2024)."""

    explanation: ClassVar[str] = """<h3>PQN</h3>
<p>DQN needs a replay memory, so that the transitions of a batch differ, and a target network, so that values do not chase
themselves. The <b>parallelised Q-network</b> has neither. Many environments play at once, so a batch is varied anyway; and
<b>layer normalisation</b> before each ReLU keeps values from running away.</p>
<p>The environments take some steps, the <i>rollout</i>. Its targets are <b>&lambda;-returns</b>, which mix the rewards that came
with the values that the network expected on the way:</p>
<p align="center"><i>R<sub>t</sub> = r<sub>t</sub> + &gamma; ((1 &minus; &lambda;) max<sub>a</sub> Q(s<sub>t+1</sub>, a) + &lambda; R<sub>t+1</sub>)</i></p>
<p>&lambda; = 0 is one-step Q-learning, &lambda; = 1 the plain sum of rewards. The network learns from a rollout a few times,
minimising (Q(s, a) &minus; R)<sup>2</sup> in minibatches, while the environments take the next one; then the rollout is thrown away.</p>
<p>In few steps, <i>centred</i> helps: values start far from the returns, and an error that all states share would make the network forget
what tells them apart.</p>
<p>On the screen: <b>lambda returns</b> shows one environment's rollout: its rewards, the values expected and the returns between
them. Everything else is as in DQN.</p>
<p>Gallici et al. 2024, <a href="https://arxiv.org/abs/2407.04811">Simplifying deep temporal difference learning</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("colours", "action_values", "lambda_returns", "stack", "q_values")

    rollout_steps: int = Field(
        32,
        ge=1,
        le=1024,
        description="Steps of each environment in a rollout. More let returns reach further and make what is learnt from older.",
        json_schema_extra=unit("steps"),
    )
    epochs: int = Field(
        2,
        ge=1,
        le=64,
        description="Passes over a rollout. More learn more from each step and are slower.",
        json_schema_extra=unit("passes"),
    )
    minibatches: int = Field(
        32,
        ge=1,
        le=4096,
        description="Updates in a pass. More are smaller ones: noisier, and more of them.",
        json_schema_extra=unit("updates"),
    )
    trace: float = Field(
        0.65, ge=0, le=1, description="Lambda of the returns. Higher trusts the rewards that came more, and the network's values less."
    )
    learning_rate: float = Field(2.5e-4, gt=0, le=0.1, description="RAdam's step size. Higher learns faster until the values diverge.")
    learning_rate_end: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of the learning rate left at the end of its schedule. Lower lets late training settle; 1 keeps the rate constant.",
    )
    learning_rate_steps: int = Field(
        10_000_000,
        ge=1,
        le=1_000_000_000,
        description="Agent steps over which the learning rate decays. More keeps it high for longer.",
        json_schema_extra=unless(learning_rate_end=1.0) | unit("steps"),
    )
    max_grad_norm: float = Field(
        10.0,
        ge=0,
        le=1e6,
        description="Gradient clipping threshold (norm). Lower is steadier; 0 turns clipping off.",
        json_schema_extra=words({0.0: "off"}),
    )
    hidden_units: int = Field(
        512,
        ge=1,
        le=8192,
        description="Units of the dense layer. More have more capacity and are slower.",
        json_schema_extra=unit("units"),
    )

    head_scale: float = Field(
        1.0,
        ge=0,
        le=10,
        description="Multiple of the last layer's initial weights. Higher begins with actions that differ more: at 1 the best of many random values is far above any return, which takes "
        "some hundred rollouts to unlearn; near 0 all actions begin alike.",
    )

    centred: bool = Field(
        False,
        description="Before a rollout is learnt from, shift all values by the mean error, so that updates go into what tells states and "
        "actions apart, and not into an offset that all share.",
    )

    @model_validator(mode="after")
    def fits(self) -> "PQNConfig":
        if self.envs * self.rollout_steps % self.minibatches:
            raise ValueError(
                f"--minibatches must divide --envs times --rollout-steps ({self.envs * self.rollout_steps}), got {self.minibatches}"
            )
        return self


# Small rollouts and minibatches make many updates of few steps. The shipped agents of Krull and Crazy Climber learned with these
# settings and schedules of their own length (Krull --epsilon-steps 35000 --learning-rate-steps 350000, Crazy Climber
# --learning-rate-steps 450000), those of Atlantis, Road Runner and Enduro with --centred --trace 0.8 besides (docs/results.md); they
# were compared with few others, and Boxing learned with none (docs/log/2026-11-26-pqn-in-few-steps.md).
PQNFastConfig = with_defaults(
    PQNConfig,
    "PQNFastConfig",
    envs=32,
    minibatches=16,
    learning_rate_steps=400_000,
    epsilon_end=0.01,
    epsilon_steps=40_000,
    life_loss_terminal=True,
)
