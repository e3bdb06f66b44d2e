"""Settings of DQN. `dqn` has the values in common use, `dqn-fast` those that learned Pong fastest here."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from agents.agent_config import AgentConfig
from lab.config import conditional, only, unit, unless, with_defaults, words


class DQNConfig(AgentConfig):
    """DQN with experience replay on an Atari game (Mnih et al. 2015), with Adam and the settings that are in common use since."""

    explanation: ClassVar[str] = """<h3>DQN</h3>
<p>An agent sees the last four frames of a game, grey and 84 by 84, and a network gives each joystick action a value:
Q(s, a), the discounted score it expects if it takes that action now and the best ones after. It plays the action with
the largest value, and now and then a random one (epsilon), to find what it does not know.</p>
<p>What it saw goes into a replay memory. Training draws transitions (s, a, r, s') from it and moves Q(s, a) towards</p>
<p align="center"><i>y = r + &gamma; max<sub>a'</sub> Q<sub>target</sub>(s', a')</i></p>
<p>where Q<sub>target</sub> is an older copy of the network, so that the target does not move with every step. The loss is
(Q(s, a) &minus; y)<sup>2</sup>, or Huber's.</p>
<p><b>dqn-fast</b> adds: <i>double</i> (the online network picks a', the target network values it), <i>dueling</i> (the
value of the state and the advantages of the actions are separate), <i>n-step</i> returns, and <i>prioritised</i> replay
(surprising transitions are drawn more often).</p>
<p>With <b>replay off</b> there is no memory to draw from and no older copy: each update takes the newest transitions, which are nearly
alike (<b>batch correlation</b>), so the network learns what it sees now and forgets the rest.</p>
<p>On the screen: <b>return per episode</b> is the game's score and what counts. <b>TD loss</b> need not fall. <b>mean max Q</b>
should settle near the true discounted return; if it keeps growing, the network overestimates.</p>
<p>Mnih et al. 2015, <a href="https://doi.org/10.1038/nature14236">Human-level control through deep reinforcement
learning</a>; van Hasselt et al. 2016, <a href="https://arxiv.org/abs/1509.06461">Double DQN</a>; Wang et al. 2016,
<a href="https://arxiv.org/abs/1511.06581">Dueling networks</a>; Schaul et al. 2016,
<a href="https://arxiv.org/abs/1511.05952">Prioritized replay</a>.</p>
"""
    first_views: ClassVar[tuple[str, ...]] = (
        "colours", "action_values", "replay_memory", "batch_correlation", "priorities", "stack", "q_values",
    )  # fmt: skip

    learning_rate: float = Field(1e-4, gt=0, le=0.1, description="Adam's step size. Higher learns faster until the values diverge.")
    learning_rate_end: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Fraction of the learning rate left at the end of its schedule. Lower lets late training settle; 1 keeps the rate constant.",
    )
    learning_rate_steps: int = Field(
        1_000_000,
        ge=1,
        le=1_000_000_000,
        description="Agent steps over which the learning rate decays. More keeps it high for longer.",
        json_schema_extra=unless(learning_rate_end=1.0) | unit("steps"),
    )
    warmup_updates: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Updates over which the learning rate rises from 0. More start more gently: without warm-up, Adam's first steps can kill most filters of the first layer for good.",
        json_schema_extra=words({0: "off"}) | unit("updates"),
    )
    adam_eps: float = Field(1.5e-4, gt=0, le=1, description="Adam's epsilon. Higher damps the updates of weights that rarely change.")
    batch_size: int = Field(
        32, ge=1, le=4096, description="Transitions in one update. Larger is steadier and slower.", json_schema_extra=unit("transitions")
    )
    train_every: int = Field(
        4,
        ge=1,
        le=1000,
        description="Agent steps per update (the replay ratio is batch_size / train_every). Lower learns more from each step and is slower.",
        json_schema_extra=unit("steps"),
    )
    learning_starts: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="Agent steps before the first update. More fill the replay memory with more varied data first.",
        json_schema_extra=unit("steps"),
    )
    replay: Literal["on", "off"] = Field(
        "on",
        description="off: learn from the newest transitions alone, without a target network, as Q-learning did before DQN. See `batch correlation`.",
    )
    replay_capacity: int = Field(
        1_000_000,
        ge=100,
        le=20_000_000,
        description="Frames kept in the replay memory, 7,056 bytes each. More keeps older experience and uses more memory.",
        json_schema_extra=unit("frames"),
    )
    target_interval: int = Field(
        1_000,
        ge=1,
        le=1_000_000,
        description="Updates between copies of the weights to the target network. More is steadier and slower.",
        json_schema_extra=unit("updates"),
    )
    n_step: int = Field(
        1,
        ge=1,
        le=32,
        description="Rewards summed before bootstrapping. More propagates rewards faster, with more variance.",
        json_schema_extra=unit("steps"),
    )
    double: bool = Field(
        False,
        description="Double DQN: the online network picks the next action, the target network evaluates it. Reduces overestimation.",
        json_schema_extra=only(munchausen=False),
    )
    dueling: bool = Field(False, description="Dueling network: separate streams for the state's value and the actions' advantages.")
    hidden_units: int = Field(
        512,
        ge=1,
        le=8192,
        description="Units of the dense layer (of each stream, if dueling). More have more capacity and are slower.",
        json_schema_extra=unit("units"),
    )
    trunk: Literal["nature", "impala"] = Field(
        "nature",
        description="Convolutions before the dense layers: three as in DQN, or the 15 of IMPALA, which learn more and take much longer.",
    )
    trunk_width: int = Field(
        2,
        ge=1,
        le=8,
        description="Multiple of IMPALA's 16, 32 and 32 maps. More have more capacity and are slower.",
        json_schema_extra=only(trunk="impala"),
    )
    spectral_norm: bool = Field(
        False,
        description="Spectral normalisation in the residual blocks: steadier, as no layer can stretch its input.",
        json_schema_extra=only(trunk="impala"),
    )
    noisy: bool = Field(
        False,
        description="Noisy layers: dense layers with trained noise, which explores in place of random actions (epsilon is 0); beside them in beyond-rainbow.",
    )
    noisy_sigma: float = Field(
        0.5,
        gt=0,
        le=10,
        description="Initial size of that noise. Higher explores more at first.",
        json_schema_extra=only(noisy=True),
    )
    noise_alone: ClassVar[bool] = True
    """Whether no action is random with noisy layers."""
    epsilon_start: float = conditional(AgentConfig, "epsilon_start", noisy=False)
    epsilon_end: float = conditional(AgentConfig, "epsilon_end", noisy=False)
    epsilon_steps: int = conditional(AgentConfig, "epsilon_steps", noisy=False)
    munchausen: bool = Field(
        False, description="Munchausen: adds the scaled log-probability of the action to the reward, and learns a soft policy."
    )
    munchausen_alpha: float = Field(
        0.9, ge=0, le=1, description="Share of that log-probability in the reward. Higher keeps closer to the present policy.",
        json_schema_extra=only(munchausen=True),
    )  # fmt: skip
    temperature: float = Field(
        0.03, gt=0, le=10, description="Temperature of the soft policy. Higher is closer to uniform, lower to greedy.",
        json_schema_extra=only(munchausen=True),
    )  # fmt: skip
    munchausen_clip: float = Field(
        -1.0, ge=-100, le=0, description="Lowest scaled log-probability that counts. Lower punishes rare actions more.",
        json_schema_extra=only(munchausen=True),
    )  # fmt: skip
    prioritised: bool = Field(False, description="Prioritised replay: sample transitions with a large error more often.")
    priority_alpha: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How strongly priorities count: 0 is uniform, 1 fully proportional. Higher repeats surprising transitions more, and others less.",
        json_schema_extra=only(prioritised=True),
    )
    priority_beta: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Initial exponent of the importance weights, annealed to 1. Higher corrects more of the sampling bias.",
        json_schema_extra=only(prioritised=True),
    )
    priority_beta_steps: int = Field(
        2_000_000,
        ge=1,
        le=1_000_000_000,
        description="Agent steps over which that exponent rises to 1. More leave the sampling bias in for longer.",
        json_schema_extra=unit("steps") | only(prioritised=True),
    )
    loss: Literal["huber", "squared"] = Field(
        "squared", description="Squared error, or Huber loss, which grows linearly beyond 1 and so bounds the gradient."
    )
    max_grad_norm: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="Gradient clipping threshold (norm). Lower is steadier; 0 turns clipping off.",
        json_schema_extra=words({0.0: "off"}),
    )

    @model_validator(mode="after")
    def fits(self) -> "DQNConfig":
        if self.replay_capacity < self.envs * (self.n_step + 8):
            raise ValueError(
                f"--replay-capacity must be at least {self.envs * (self.n_step + 8)} for --envs {self.envs} and --n-step {self.n_step}, got {self.replay_capacity}"
            )
        if self.learning_starts < self.envs * self.n_step:
            raise ValueError(
                f"--learning-starts must be at least {self.envs * self.n_step} for --envs {self.envs} and --n-step {self.n_step}, got {self.learning_starts}"
            )
        if self.replay == "off" and self.prioritised:
            raise ValueError("--prioritised draws from the replay memory, got --replay off: add --no-prioritised")
        if self.learning_starts > self.replay_capacity:
            raise ValueError(f"--learning-starts ({self.learning_starts}) must not exceed --replay-capacity ({self.replay_capacity})")
        return self


# Learned Pong to a mean score above 18 (docs/results.md). Two values matter most: without the warm-up 31 of the 32 first
# filters die in the first updates, and the target network of 500 updates keeps three-step returns steady.
DQNFastConfig = with_defaults(
    DQNConfig,
    "DQNFastConfig",
    learning_rate=2.5e-4,
    learning_rate_end=0.1,
    learning_rate_steps=800_000,
    warmup_updates=1_000,
    learning_starts=5_000,
    replay_capacity=300_000,
    target_interval=500,
    n_step=3,
    double=True,
    dueling=True,
    prioritised=True,
    priority_beta_steps=800_000,
    loss="huber",
    max_grad_norm=10.0,
    epsilon_steps=60_000,
)
