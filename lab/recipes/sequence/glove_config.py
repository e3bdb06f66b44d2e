"""Settings of GloVe."""

from typing import ClassVar

from pydantic import Field

from lab.config import data_field, unit, with_defaults
from lab.recipes.sequence.sequence_config import SequenceConfig


class GloVeConfig(
    with_defaults(  # type: ignore[misc]
        SequenceConfig, "GloVeDefaults", data="analogies", learning_rate=1e-2, batch_size=4096, decay_steps=3000, weight_decay=0.0,
        precision="fp32",
    )
):  # fmt: skip
    """Word vectors from counts of which words stand near each other."""

    explanation: ClassVar[str] = """<h3>GloVe</h3>
<p>How often does word j stand near word i? These counts X<sub>ij</sub> are taken once over the whole text; then vectors are sought whose products are their
logarithms:</p>
<p align="center"><i>&Sigma; f(X<sub>ij</sub>) (w<sub>i</sub> &middot; w&#771;<sub>j</sub> + b<sub>i</sub> + b&#771;<sub>j</sub> &minus; log X<sub>ij</sub>)<sup>2</sup></i></p>
<p>Differences of vectors then are ratios of probabilities: what stands near <i>man</i> far more often than near <i>woman</i> is what tells them apart (view
<b>ratios</b>), and b &minus; a + c lies near the word that is to c as b is to a. On the text <tt>analogies</tt> <tt>lab eval</tt> counts how many of its known analogies
come out.</p>
<p>Pennington et al. 2014, <a href="https://aclanthology.org/D14-1162/">GloVe: global vectors for word representation</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("word_vectors",)
    first_views: ClassVar[tuple[str, ...]] = ("words", "analogy", "ratios")

    data: str = data_field("analogies", "text", about="The text to learn")
    width: int = Field(50, ge=2, le=2048, description="Length of a word vector. Longer holds more and needs more text.")
    window: int = Field(
        5,
        ge=1,
        le=50,
        description="Words on either side that count as near, the nearest most. Wider captures topics, narrower grammar.",
        json_schema_extra=unit("words"),
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
