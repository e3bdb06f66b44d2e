"""Settings of word2vec."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, only, unit, with_defaults
from lab.recipes.sequence.sequence_config import SequenceConfig


class Word2VecConfig(
    with_defaults(  # type: ignore[misc]
        SequenceConfig, "Word2VecDefaults", data="stdlib", learning_rate=5e-3, batch_size=1024, decay_steps=5000, weight_decay=0.0,
        precision="fp32", dropout=0.0,
    )
):  # fmt: skip
    """Word vectors by skip-gram or CBOW with negative sampling."""

    explanation: ClassVar[str] = """<h3>word2vec</h3>
<p>Each word gets a vector; words with similar neighbours get similar vectors. Skip-gram tells true neighbours u of a word v from
random words:</p>
<p align="center"><i>&minus;log &sigma;(v &middot; u) &minus; &Sigma; log &sigma;(&minus;v &middot; u<sub>k</sub>)</i></p>
<p>With <b>hierarchical softmax</b> a word is a path in a Huffman tree instead: log<sub>2</sub> V turns in place of V scores. CBOW predicts the word from the mean of its neighbours instead. Directions then carry meaning: b &minus; a + c lies near the word that is to c
as b is to a: on the text <tt>analogies</tt> <tt>lab eval</tt> counts how many of its known analogies come out.</p>
<p>Mikolov et al. 2013, <a href="https://arxiv.org/abs/1310.4546">Distributed representations of words and phrases</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("word_vectors",)
    first_views: ClassVar[tuple[str, ...]] = ("words", "neighbours", "one_hot")
    former_names: ClassVar[dict[str, str]] = {"least": "min_count"}

    data: str = data_field("stdlib", "text", about="The text to learn")
    method: Literal["skip-gram", "cbow"] = Field(
        "skip-gram", description="skip-gram predicts the surrounding words from the middle one; cbow the middle one from its surroundings."
    )
    output: Literal["negative sampling", "hierarchical softmax"] = Field(
        "negative sampling",
        description="How a word is predicted: told from random ones, or by log2 V turns in a tree over all V words.",
    )
    width: int = Field(100, ge=2, le=2048, description="Length of a word vector. Longer holds more and needs more text.")
    window: int = Field(
        5,
        ge=1,
        le=50,
        description="Context window: words on either side that count as neighbours. Wider captures topics, narrower grammar.",
        json_schema_extra=unit("words"),
    )
    negatives: int = Field(
        5,
        ge=1,
        le=100,
        description="Negative samples per true word. More are more stable and slower.",
        json_schema_extra=unit("words") | only(output="negative sampling"),
    )
    min_count: int = Field(
        5, ge=1, description="Drop words that occur less often. Higher gives a smaller vocabulary.", json_schema_extra=unit("times")
    )
    words: int = Field(
        10_000,
        ge=10,
        le=500_000,
        description="Vocabulary size: the most common words, which get a vector. More cover rarer words.",
        json_schema_extra=unit("words"),
    )
    subsample: float = Field(
        1e-3, gt=0, le=1, description="Subsample words more frequent than this fraction of the text. Lower drops more of them."
    )
