"""Settings of the n-gram models."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import Config, data_field, only, unit
from lab.config import words as in_words
from lab.data.catalogue import subject


class NGramConfig(Config):
    """n-grams of characters, bytes or words, with smoothing."""

    explanation: ClassVar[str] = """<h3>n-grams: counting before learning</h3>
<p>How likely is a token after the last n &minus; 1? Count how often it came after them. Most long contexts never occur, so shorter ones must
stand in: of 100 characters there are 10<sup>10</sup> groups of five, and a text has some ten thousand. <b>Katz</b> takes a little from what was seen
and gives it to the shorter context; <b>Kneser and Ney</b> subtract a discount D from each count, and count for the shorter contexts not how often
a token came, but after how many different ones:</p>
<p align="center"><i>p(w | h) = max(c(hw) &minus; D, 0) / c(h) + &lambda;(h) p(w | h')</i></p>
<p>A step reads one part of the text. What a network's loss is worth is seen beside these: <tt>lab eval</tt> prints <tt>ngram_loss</tt> for each
language model.</p>
<p>Katz 1987, <a href="https://doi.org/10.1109/TASSP.1987.1165125">Estimation of probabilities from sparse data</a>; Kneser &amp; Ney 1995; Chen &amp;
Goodman 1999, <a href="https://doi.org/10.1006/csla.1999.0128">An empirical study of smoothing techniques</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("text_generation", "orders")
    first_views: ClassVar[tuple[str, ...]] = ("orders", "by_order", "seen")

    data: str = data_field("pydocs", "text", about="The text to count in")
    level: Literal["char", "byte", "word"] = Field("char", description="Tokens are characters, bytes or words.")
    order: int = Field(
        5,
        ge=1,
        le=10,
        description="Longest group of tokens that is counted. Longer predicts better until most contexts occur once, and takes more memory.",
        json_schema_extra=unit("tokens"),
    )
    smoothing: Literal["modified-kneser-ney", "kneser-ney", "katz"] = Field(
        "modified-kneser-ney",
        description="What is done about groups that were never seen: Kneser and Ney's discount (modified: one each for counts of 1, 2 and more), or Katz's.",
    )
    words: int = Field(
        10_000,
        ge=10,
        le=500_000,
        description="Vocabulary size: the most common words; the rest become <UNK>. More cover rarer words.",
        json_schema_extra=unit("words") | only(level="word"),
    )
    parts: int = Field(
        100,
        ge=1,
        le=10_000,
        description="Parts into which the training text is cut; a step reads one, drawn at random. More make each step smaller.",
        json_schema_extra=unit("parts"),
    )
    validate_every: int = Field(
        10,
        ge=0,
        description="Validation interval in steps. Lower shows more and is slower; 0 never validates.",
        json_schema_extra=unit("steps") | in_words({0: "never"}),
    )

    @property
    def subject(self) -> str:
        return subject(self.data)
