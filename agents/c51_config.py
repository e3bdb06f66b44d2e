"""Settings of C51: those of DQN, and the atoms. `rainbow` adds what Hessel et al. 2018 combined with it."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from agents.dqn_config import DQNConfig
from lab.config import unit, with_defaults


class C51Config(with_defaults(DQNConfig, "C51Defaults", learning_rate=2.5e-4, adam_eps=0.01 / 32)):  # type: ignore[misc]
    """C51: learns the probability of each of 51 returns for each action (Bellemare et al. 2017)."""

    explanation: ClassVar[str] = """<h3>C51</h3>
<p>DQN learns the <i>mean</i> of the discounted return after each action. C51 learns its <b>distribution</b>: the probabilities
p<sub>i</sub>(s, a) of 51 fixed returns z<sub>i</sub> from &minus;10 to 10, the atoms, by a softmax over the network's outputs. The agent plays
the action with the largest mean, Q(s, a) = &Sigma;<sub>i</sub> p<sub>i</sub>(s, a) z<sub>i</sub>.</p>
<p>The target is the target network's distribution for the best next action, shrunk by &gamma; and moved by the reward. Its atoms
r + &gamma; z<sub>j</sub> lie between the fixed ones, so each one's probability is shared between its two neighbours (the <i>projection</i>).
The loss is the cross-entropy</p>
<p align="center"><i>&minus; &Sigma;<sub>i</sub> m<sub>i</sub> ln p<sub>i</sub>(s, a)</i></p>
<p>On the screen: <b>distribution</b> shows the return that each action promises in the present state. Everything else is as in DQN.</p>
<p>Bellemare et al. 2017, <a href="https://arxiv.org/abs/1707.06887">A distributional perspective on reinforcement learning</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = ("colours", "distribution", "action_values", "replay_memory", "stack", "q_values")

    atoms: int = Field(
        51,
        ge=2,
        le=1000,
        description="Returns whose probabilities are learnt. More draw the distribution more finely and take longer.",
        json_schema_extra=unit("atoms"),
    )
    v_min: float = Field(
        -10.0,
        ge=-1e6,
        le=1e6,
        description="The lowest return; returns below count as this one. Lower covers worse returns and spaces the atoms wider.",
    )
    v_max: float = Field(
        10.0,
        ge=-1e6,
        le=1e6,
        description="The highest return; returns above count as this one. Higher covers better returns and spaces the atoms wider.",
    )
    loss: Literal["cross-entropy"] = Field("cross-entropy", description="Cross-entropy to the projected target.")

    @model_validator(mode="after")
    def ordered(self) -> "C51Config":
        if self.v_min >= self.v_max:
            raise ValueError(f"--v-min ({self.v_min:g}) must be below --v-max ({self.v_max:g})")
        return self


# Table 1 of the paper: its 32,000 frames between copies to the target network are 2,000 updates, its 80,000 before learning 20,000 steps.
class RainbowConfig(
    with_defaults(  # type: ignore[misc]
        C51Config, "RainbowDefaults", learning_rate=6.25e-5, adam_eps=1.5e-4, target_interval=2_000, n_step=3, double=True, dueling=True,
        noisy=True, prioritised=True,
    )
):  # fmt: skip
    """Rainbow: C51 with noisy layers, dueling, double, three-step returns and prioritised replay (Hessel et al. 2018)."""

    explanation: ClassVar[str] = """<h3>Rainbow</h3>
<p>Six improvements of DQN in one agent, each of which helps by itself and most of which help together:</p>
<ul>
<li><b>C51</b>: the network gives the distribution of each action's return, as probabilities of 51 values, and learns by cross-entropy;</li>
<li><b>double</b>: the online network picks the next action, the target network values it;</li>
<li><b>dueling</b>: separate streams for the state and for the actions' advantages, joined atom by atom;</li>
<li><b>n-step</b>: three rewards are summed before the target network's estimate;</li>
<li><b>prioritised replay</b>: transitions are drawn in proportion to the square root of their last loss;</li>
<li><b>noisy layers</b>: the dense layers' weights are y = (W + &Sigma; &#8857; &epsilon;) x, with trained &Sigma; and new noise &epsilon; in each
pass; the agent explores by it, and no action is random. Evaluation takes the mean weights.</li>
</ul>
<p>In the paper, prioritised replay and n-step returns matter most, then the distribution; without any one of them it learns more slowly.</p>
<p>On the screen: <b>distribution</b> shows the return that each action promises in the present state.</p>
<p>Hessel et al. 2018, <a href="https://arxiv.org/abs/1710.02298">Rainbow: combining improvements in deep reinforcement learning</a>;
Fortunato et al. 2018, <a href="https://arxiv.org/abs/1706.10295">Noisy networks for exploration</a>.</p>
"""
