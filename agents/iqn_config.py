"""Settings of IQN: those of DQN, and the fractions. `beyond-rainbow` is what Clark et al. 2024 built on it."""

from typing import ClassVar

from pydantic import Field

from agents.agent_config import AgentConfig
from agents.qr_dqn_config import QuantileConfig
from lab.config import conditional, unit, with_defaults


class IQNConfig(QuantileConfig):
    """IQN: learns any quantile of each action's return, at fractions drawn anew each time (Dabney et al. 2018b)."""

    explanation: ClassVar[str] = """<h3>IQN</h3>
<p>QR-DQN learns a fixed number of quantiles of each action's return. IQN, the <i>implicit quantile network</i>, learns them all: the
fraction &tau; between 0 and 1 is an input of the network. It becomes 64 cosines and a dense layer,</p>
<p align="center"><i>&phi;<sub>j</sub>(&tau;) = relu(&Sigma;<sub>i</sub> cos(&pi; i &tau;) w<sub>ij</sub> + b<sub>j</sub>)</i></p>
<p>which multiplies what the convolutions saw; the dense layers make of it the quantile Z<sub>&tau;</sub>(s, a). The agent plays the action with
the largest mean over evenly spaced fractions.</p>
<p>An update draws N fractions &tau; for each state and N' for each next state, and the loss is that of quantile regression between all pairs,</p>
<p align="center"><i>&Sigma;<sub>i</sub> mean<sub>j</sub> |&tau;<sub>i</sub> &minus; 1[u<sub>ij</sub> &lt; 0]| L<sub>&kappa;</sub>(u<sub>ij</sub>) / &kappa;,
&nbsp; u<sub>ij</sub> = r + &gamma; Z<sub>&tau;'j</sub>(s', a') &minus; Z<sub>&tau;i</sub>(s, a)</i></p>
<p>On the screen: <b>distribution</b> shows the return that each action promises in the present state. Everything else is as in DQN.</p>
<p>Dabney et al. 2018, <a href="https://arxiv.org/abs/1806.06923">Implicit quantile networks for distributional reinforcement learning</a>.</p>
"""

    fractions: int = Field(
        8,
        ge=1,
        le=256,
        description="Fractions drawn for each state and each next state (N and N' of the paper, which has 64 and finds 8 about as good). More take longer.",
        json_schema_extra=unit("fractions"),
    )
    acting_fractions: int = Field(
        8,
        ge=1,
        le=256,
        description="Evenly spaced fractions whose mean is Q(s, a) when the agent acts (K of the paper, which has 32). More are more exact and slower.",
        json_schema_extra=unit("fractions"),
    )


class BeyondRainbowConfig(
    with_defaults(  # type: ignore[misc]
        IQNConfig, "BeyondRainbowDefaults", trunk="impala", spectral_norm=True, dueling=True, noisy=True, munchausen=True, prioritised=True,
        priority_alpha=0.2, priority_beta=0.45, n_step=3, gamma=0.997, envs=64, batch_size=256, train_every=64, target_interval=500,
        learning_starts=200_000, learning_rate=1e-4, adam_eps=0.005 / 256, max_grad_norm=10.0,
    )
):  # fmt: skip
    """Beyond the Rainbow: IMPALA's network, IQN, Munchausen, noisy layers and prioritised replay, for one desktop GPU (Clark et al. 2024)."""

    noise_alone: ClassVar[bool] = False
    epsilon_start: float = conditional(AgentConfig, "epsilon_start")
    epsilon_end: float = conditional(AgentConfig, "epsilon_end")
    epsilon_steps: int = conditional(with_defaults(AgentConfig, "Explorer", epsilon_steps=3_000_000), "epsilon_steps")
    explanation: ClassVar[str] = """<h3>Beyond the Rainbow</h3>
<p>What came after Rainbow, put together so that it trains on one desktop GPU:</p>
<ul>
<li><b>IMPALA</b>: 15 convolutions in residual blocks, with twice the maps, spectral normalisation and a maximum over 6x6 parts at the end;</li>
<li><b>IQN</b> with 8 fractions: the network gives any quantile of each action's return;</li>
<li><b>Munchausen</b>: the reward is raised by the log-probability of the action taken under the soft policy &pi; = softmax(Q / t), and the
next state is worth &Sigma;<sub>a'</sub> &pi;(a'|s') (Q(s', a') &minus; t ln &pi;(a'|s'));</li>
<li><b>dueling</b>, <b>three-step returns</b>, <b>prioritised replay</b> as in Rainbow;</li>
<li><b>noisy layers</b> as in Rainbow, and random actions beside them, the fewer the longer it trains;</li>
<li><b>64 environments</b> at once, and one batch of 256 for each 64 steps.</li>
</ul>
<p>On the screen: <b>distribution</b> is what IQN promises, <b>soft policy</b> the policy that Munchausen's targets assume, <b>noise</b> what is left
to explore with.</p>
<p>The authors' share of random actions falls exponentially with two million agent steps to 0.01, and is 0 in the second half of training;
here it falls along a line in three million, and stays at 0.01.</p>
<p>It is made for a GPU. On a processor it runs, many times as slowly as the other recipes.</p>
<p>Clark et al. 2024, <a href="https://arxiv.org/abs/2411.03820">Beyond the Rainbow: high performance deep reinforcement learning on a desktop PC</a>;
Vieillard et al. 2020, <a href="https://arxiv.org/abs/2007.14430">Munchausen reinforcement learning</a>; Espeholt et al. 2018,
<a href="https://arxiv.org/abs/1802.01561">IMPALA</a>.</p>
"""
