"""Settings of the neural probabilistic language model."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, only, unit, with_defaults
from lab.recipes.sequence.sequence_config import LANGUAGE_MODEL, SequenceConfig


class BengioConfig(with_defaults(SequenceConfig, "BengioDefaults", learning_rate=3e-3, batch_size=512, decay_steps=1500, dropout=0.3)):  # type: ignore[misc]
    """The language model of 2003, of words or characters."""

    explanation: ClassVar[str] = (
        "<h3>The neural language model of 2003</h3>\n"
        + LANGUAGE_MODEL
        + """<p>Each word gets a vector of m numbers; those of the last n words, side by side, go through a tanh layer of h units to a score for each of the V words:</p>
<p align="center"><i>y = b + U tanh(d + H x)</i></p>
<p>As similar words get similar vectors, what is learned of one sentence holds for others that were never seen: n-grams can't do that. A prediction takes
n m + n m h + h V multiplications, and h V is most of it: word2vec is what remains without the tanh layer and the full softmax. The view <b>cost</b> has each
part beside its measured time. <tt>lab eval</tt> prints the loss of n-grams beside the network's, and that of both mixed, which the paper found best.</p>
<p>Bengio et al. 2003, <a href="https://www.jmlr.org/papers/v3/bengio03a.html">A neural probabilistic language model</a>.</p>
"""
    )
    pages: ClassVar[tuple[str, ...]] = ("text_generation",)
    first_views: ClassVar[tuple[str, ...]] = ("words", "neighbours", "cost")

    data: str = data_field("pydocs", "text", about="The text to learn")
    level: Literal["word", "char", "byte"] = Field("word", description="Tokens are words, characters or bytes.")
    words: int = Field(
        5_000,
        ge=10,
        le=500_000,
        description="Vocabulary size V: the most common words; the rest become <UNK>. More cover rarer words and are slower.",
        json_schema_extra=unit("words") | only(level="word"),
    )
    context: int = Field(
        4,
        ge=1,
        le=256,
        description="How many of the last tokens it sees (n). More see further back and are slower.",
        json_schema_extra=unit("tokens"),
    )
    width: int = Field(60, ge=1, le=4096, description="Numbers in a token's vector (m). More hold more and need more text.")
    hidden: int = Field(
        100,
        ge=1,
        le=8192,
        description="Units of the tanh layer (h). More have more capacity and are slower.",
        json_schema_extra=unit("units"),
    )
    direct: bool = Field(False, description="Connect the vectors with the scores directly, too (W of the paper).")
