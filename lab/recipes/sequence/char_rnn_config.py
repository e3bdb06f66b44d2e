"""Settings of the recurrent language model."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, only, unit, with_defaults
from lab.recipes.sequence.sequence_config import LANGUAGE_MODEL, SequenceConfig


class CharRNNConfig(with_defaults(SequenceConfig, "CharRNNDefaults", learning_rate=4e-3)):  # type: ignore[misc]
    """An RNN, LSTM or GRU on characters or bytes. With 65 characters the LSTM has as many parameters as the default gpt."""

    explanation: ClassVar[str] = (
        "<h3>RNN, LSTM, GRU</h3>\n"
        + LANGUAGE_MODEL
        + """<p>A recurrent network keeps a state: <i>h<sub>t</sub> = tanh(W x<sub>t</sub> + U h<sub>t-1</sub> + b)</i>. On the way back through time the
gradient is multiplied once a step, and vanishes or explodes. The LSTM adds a cell that is only scaled and added to:</p>
<p align="center"><i>c<sub>t</sub> = f &middot; c<sub>t-1</sub> + i &middot; g, &nbsp; h<sub>t</sub> = o &middot; tanh(c<sub>t</sub>)</i></p>
<p>A plain RNN of ReLUs whose matrix U begins as the identity (<tt>--cell relu</tt>) does so too, without gates: its gradient passes unchanged from step to step, the
<i>constant error carousel</i>, but all it can do at first is add up. The GRU has no cell of its own: <i>h<sub>t</sub> = z &middot; h<sub>t-1</sub> + (1 - z) &middot; n</i>, here as in PyTorch; where a text
has <i>(1 - z) &middot; h<sub>t-1</sub> + z &middot; n</i>, its z is 1 - z here. The view <b>gradient by distance</b> measures this; <b>gates</b> shows what the units do while the network reads.</p>
<p>Hochreiter &amp; Schmidhuber 1997, <a href="https://doi.org/10.1162/neco.1997.9.8.1735">Long short-term memory</a>; Cho et al. 2014,
<a href="https://arxiv.org/abs/1406.1078">GRU</a>; Le et al. 2015, <a href="https://arxiv.org/abs/1504.00941">RNNs of rectified linear units</a>; Pascanu et al. 2013, <a href="https://arxiv.org/abs/1211.5063">On the difficulty of training RNNs</a>.</p>
"""
    )
    pages: ClassVar[tuple[str, ...]] = ("text_generation", "cell")
    first_views: ClassVar[tuple[str, ...]] = ("gates", "gradient_by_distance", "embeddings")
    former_names: ClassVar[dict[str, str]] = {"written": "unfused"}

    data: str = data_field("pydocs", "text", about="The text to learn")
    level: Literal["char", "byte"] = Field("char", description="Tokens are characters or bytes.")
    cell: Literal["rnn", "relu", "lstm", "gru"] = Field(
        "lstm",
        description="Recurrent cell. LSTM and GRU remember longer than a plain RNN; relu is a plain one of ReLUs that begins as the identity.",
    )
    reset: Literal["after", "before"] = Field(
        "after",
        description="Where the GRU's reset gate acts: after the product with the state's weights, as in PyTorch, or before it, as in Cho et al. 2014, which has no fused kernel and is slower.",
        json_schema_extra=only(cell="gru"),
    )
    layers: int = Field(
        1, ge=1, le=8, description="Stacked recurrent layers. More have more capacity and are slower.", json_schema_extra=unit("layers")
    )
    hidden: int = Field(
        408, ge=1, le=8192, description="Units of the hidden state. More remember more and are slower.", json_schema_extra=unit("units")
    )
    width: int = Field(64, ge=1, le=4096, description="Embedding size of a character. More have more capacity.")
    unroll: int = Field(
        64,
        ge=1,
        le=4096,
        description="Steps that the gradient flows back in time (truncated BPTT). More learn longer dependencies and are slower.",
        json_schema_extra=unit("steps"),
    )
    learned_state: bool = Field(True, description="Train the initial state; off, it is zero.")
    unfused: bool = Field(False, description="Compute step by step from the equations instead of with fused kernels: same results, slower.")
