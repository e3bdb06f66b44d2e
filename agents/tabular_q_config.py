"""Settings of Q-learning with a table."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, unit


class TabularQConfig(Config):
    """Q-learning (Watkins 1989) on a small Pac-Man, with a table in place of a network."""

    explanation: ClassVar[str] = """<h3>Q-learning with a table</h3>
<p>Pac-Man on a grid: food is rewarded, the ghost punishes, four actions. A state is where Pac-Man is, where the ghost is and which
food is left. For each state the table has four numbers, Q(s, a): the discounted reward that can be expected after each action.</p>
<p>Pac-Man takes the action with the largest value, and with probability &epsilon; a random one. After each move one number changes:</p>
<p align="center"><i>Q(s, a) &larr; Q(s, a) + &alpha; (r + &gamma; max<sub>a'</sub> Q(s', a') &minus; Q(s, a))</i></p>
<p>where the maximum is 0 after the last move of a game. If &alpha; falls and every action keeps being tried, Q converges to the optimal values.</p>
<p>On the screen: <b>Maze</b> draws the table for the ghost and the food as they are now: a cell's colour is the value of standing there,
its arrow the best action. Watch the values spread out from the food and back away from the ghost. Take over and play yourself.</p>
<p><b>Why DQN has no table.</b> The small maze has 21 &middot; 21 &middot; 2<sup>6</sup> = 28,224 states, and after
300,000 moves a third of them has never been seen. An Atari agent
sees 84 &middot; 84 &middot; 4 pixels, which is 28,224 numbers too, each of 256 shades: 256<sup>28,224</sup> states, a number of 67,971 digits.
No table can hold them and no game is long enough to visit them, so DQN has a network learn what states have in common.</p>
<p>Watkins 1989, <a href="https://www.cs.rhul.ac.uk/~chrisw/thesis.html">Learning from delayed rewards</a>; Watkins &amp; Dayan 1992,
<a href="https://doi.org/10.1007/BF00992698">Q-learning</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("maze",)
    first_views: ClassVar[tuple[str, ...]] = ("table", "policy", "visits", "returns")

    maze: Literal["tiny", "small", "long"] = Field("small", description="The maze: tiny has 324 states, small 28,224, long 5,408.")
    learning_rate: float = Field(
        0.5, gt=0, le=1, description="Alpha: how far a value moves to its target at first. Higher learns sooner and forgets sooner."
    )
    learning_rate_end: float = Field(
        0.05, gt=0, le=1, description="Alpha after its schedule. Lower averages over more of the ghost's moves, and settles later."
    )
    learning_rate_steps: int = Field(
        200_000,
        ge=1,
        le=1_000_000_000,
        description="Moves over which alpha falls. More keeps it high for longer.",
        json_schema_extra=unit("moves"),
    )
    epsilon_start: float = Field(1.0, ge=0, le=1, description="Epsilon, the share of random moves, at first. Lower explores less.")
    epsilon_end: float = Field(0.05, ge=0, le=1, description="Epsilon after its schedule. Higher keeps exploring; 0 takes what it knows.")
    epsilon_steps: int = Field(
        150_000,
        ge=1,
        le=1_000_000_000,
        description="Moves over which epsilon falls. More explores for longer.",
        json_schema_extra=unit("moves"),
    )
    random_starts: float = Field(
        0.5, ge=0, le=1, description="Share of games that begin in a random state. More visit more of the table, and less of the real game."
    )
    gamma: float = Field(0.95, ge=0, lt=1, description="Discount of a reward per move. Higher looks further ahead; lower hurries.")
    chase: float = Field(0.5, ge=0, le=1, description="How often the ghost moves towards Pac-Man; else at random. Higher is harder.")
    food_reward: float = Field(1.0, ge=0, le=100, description="Reward of a food. Higher makes it worth more risk.")
    win_reward: float = Field(5.0, ge=0, le=100, description="Reward of the last food on top. Higher makes winning worth more risk.")
    ghost_penalty: float = Field(5.0, ge=0, le=100, description="Punishment for being caught. Higher makes Pac-Man keep away.")
    longest: int = Field(
        100, ge=1, le=10_000, description="Moves after which a game is broken off. Fewer returns to the start sooner.",
        json_schema_extra=unit("moves"),
    )  # fmt: skip
    eval_episodes: int = Field(
        200, ge=1, le=100_000, description="Games of an evaluation. More make its figures more exact.", json_schema_extra=unit("games")
    )
    eval_epsilon: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of random moves when evaluating; 0 plays the table as it is. Higher gets out of loops and scores less.",
    )

    @property
    def subject(self) -> str:
        return f"{self.maze}-maze"
