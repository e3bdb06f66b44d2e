"""Settings of QR-DQN: those of DQN, and the quantiles."""

from typing import ClassVar, Literal

from pydantic import Field

from agents.dqn_config import DQNConfig
from lab.config import unit, with_defaults


class QuantileConfig(with_defaults(DQNConfig, "QuantileDefaults", learning_rate=5e-5, adam_eps=0.01 / 32)):  # type: ignore[misc]
    """What QR-DQN and IQN share."""

    first_views: ClassVar[tuple[str, ...]] = ("colours", "distribution", "action_values", "replay_memory", "stack", "q_values")

    kappa: float = Field(
        1.0,
        gt=0,
        le=100,
        description="Where the Huber loss turns from squared to linear. Lower is closer to exact quantiles; higher is smoother.",
    )
    loss: Literal["quantile"] = Field("quantile", description="Huber quantile loss.")


class QRDQNConfig(QuantileConfig):
    """QR-DQN: learns the distribution of each action's return by quantile regression (Dabney et al. 2018)."""

    explanation: ClassVar[str] = """<h3>QR-DQN</h3>
<p>DQN learns the <i>mean</i> of the discounted return after each action. QR-DQN learns its <b>distribution</b>: N quantiles
&theta;<sub>1</sub>, ..., &theta;<sub>N</sub> of each action, the values below which the return stays with probability
&tau;<sub>i</sub> = (i &minus; &frac12;) / N. The agent still plays the action with the largest mean, Q(s, a) = &Sigma;<sub>i</sub> &theta;<sub>i</sub>(s, a) / N.</p>
<p>The target of each quantile is again a distribution: y<sub>j</sub> = r + &gamma; &theta;<sub>j</sub>(s', a'), from the target network.
The loss is that of quantile regression,</p>
<p align="center"><i>&Sigma;<sub>i</sub> mean<sub>j</sub> |&tau;<sub>i</sub> &minus; 1[u<sub>ij</sub> &lt; 0]| L<sub>&kappa;</sub>(u<sub>ij</sub>) / &kappa;,
&nbsp; u<sub>ij</sub> = y<sub>j</sub> &minus; &theta;<sub>i</sub></i></p>
<p>with Huber's L<sub>&kappa;</sub>: a target above a high quantile pulls hard, one below it hardly at all, so that each quantile comes to
rest where the share &tau;<sub>i</sub> of the targets lies below it.</p>
<p>On the screen: <b>distribution</b> shows the return that each action promises in the present state. It has several peaks where the game can take
several courses, such as a ball that is hit or missed, and is wide where the agent is unsure or the game random. Everything else is as in DQN.</p>
<p>Dabney et al. 2018, <a href="https://arxiv.org/abs/1710.10044">Distributional reinforcement learning with quantile regression</a>.</p>
"""

    quantiles: int = Field(
        200,
        ge=2,
        le=1000,
        description="Quantiles of each action's return. More draw its distribution more finely and take longer.",
        json_schema_extra=unit("quantiles"),
    )
