"""Settings of the sentence classifier."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, unit, with_defaults
from lab.config import words as in_words
from lab.recipes.sequence.sequence_config import SequenceConfig


class TextClassConfig(
    with_defaults(  # type: ignore[misc]
        SequenceConfig, "TextClassDefaults", learning_rate=3e-3, decay_steps=600, dropout=0.5, weight_decay=0.1, validate_every=50
    )
):
    """A recurrent network over the words of a sentence, and a class for the whole."""

    explanation: ClassVar[str] = """<h3>Classifying sentences</h3>
<p>A recurrent network reads the words of a sentence; the maximum of each unit over time goes to a dense layer that scores the labels:</p>
<p align="center"><i>p = softmax(W max<sub>t</sub> h<sub>t</sub> + b)</i></p>
<p>Compare the accuracy with that of always predicting the most common label, and with that of a <b>bag of words</b>: a linear classifier that knows
which words a sentence has, but not in which order; <b>TF-IDF</b> weights a word down that many sentences have. <tt>lab eval</tt> prints all
three. Letter by letter (<tt>--level char --data names</tt>), the network learns from which language a name is. On <tt>--data reviews</tt> it learns how a film was liked, of which <i>not</i> and <i>but</i> decide: the page
<b>Phrases</b> shows what it makes of every part of a sentence.</p>
<p>Collobert et al. 2011, <a href="https://arxiv.org/abs/1103.0398">Natural language processing (almost) from scratch</a> (max over time).</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("classify_text", "prefixes", "phrases")
    first_views: ClassVar[tuple[str, ...]] = ("sentences",)
    former_names: ClassVar[dict[str, str]] = {"written": "unfused", "longest": "max_length", "least": "min_count"}

    data: str = data_field("pydocs", "labelled text", about="Sentences with labels")
    level: Literal["word", "char"] = Field("word", description="Tokens are words, or letters: of names, say.")
    min_count: int = Field(
        20,
        ge=1,
        description="Drop labels with fewer sentences than this. Higher leaves fewer, better covered labels.",
        json_schema_extra=unit("sentences"),
    )
    max_length: int = Field(
        40,
        ge=1,
        le=1000,
        description="Words, or letters, read per sentence; the rest is cut off. Higher sees more and is slower.",
        json_schema_extra=unit("tokens"),
    )
    words: int = Field(
        5000,
        ge=10,
        le=200_000,
        description="Vocabulary size: the most common words; the rest become <UNK>. More cover rarer words.",
        json_schema_extra=unit("words"),
    )
    cell: Literal["rnn", "relu", "lstm", "gru"] = Field(
        "lstm",
        description="Recurrent cell. LSTM and GRU remember longer than a plain RNN; relu is a plain one of ReLUs that begins as the identity.",
    )
    bidirectional: bool = Field(True, description="Read in both directions.")
    layers: int = Field(1, ge=1, le=8, description="Stacked recurrent layers. More have more capacity and are slower.")
    hidden: int = Field(
        96, ge=1, le=4096, description="Units per direction. More remember more and are slower.", json_schema_extra=unit("units")
    )
    hidden_above: int = Field(
        0,
        ge=0,
        le=4096,
        description="Units per direction of one more layer on top, of a width of its own. More remember more and are slower.",
        json_schema_extra=unit("units") | in_words({0: "no such layer"}),
    )
    pooling: Literal["max", "last"] = Field(
        "max", description="What is told of a sentence: the largest value of each unit over its words, or the last one."
    )
    width: int = Field(64, ge=1, le=1024, description="Embedding size of a word. More have more capacity.")
    learned_state: bool = Field(False, description="Train the initial state; off, it is zero.")
    unfused: bool = Field(False, description="Compute step by step from the equations instead of with fused kernels: same results, slower.")
