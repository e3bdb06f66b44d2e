"""Settings of the tagger of Python source and of sentences."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, only, unit, with_defaults
from lab.data.catalogue import file_of
from lab.recipes.sequence.sequence_config import SequenceConfig


class TagConfig(with_defaults(SequenceConfig, "TagDefaults", data="stdlib", learning_rate=4e-3, decay_steps=600, validate_every=100)):  # type: ignore[misc]
    """A bidirectional recurrent tagger, optionally with a CRF on top."""

    explanation: ClassVar[str] = """<h3>Tagging</h3>
<p>A bidirectional LSTM reads Python source from both ends and predicts the kind of token that each character belongs to; the labels
come from Python's own <tt>tokenize</tt>. A <b>CRF</b> on top scores whole sequences of tags:</p>
<p align="center"><i>score(x, y) = &Sigma; emission[t, y<sub>t</sub>] + &Sigma; transition[y<sub>t-1</sub>, y<sub>t</sub>]</i></p>
<p>and Viterbi's algorithm finds the best one. Validation uses files that are not trained on.</p>
<p><b>Named entities</b> (<tt>--data entities</tt>, or your own file of two columns, a word and its tag on each line): letter by letter it finds people, places and
products, also such as it never saw, by their form and their neighbours.</p>
<p>Huang et al. 2015, <a href="https://arxiv.org/abs/1508.01991">Bidirectional LSTM-CRF</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("tag",)
    first_views: ClassVar[tuple[str, ...]] = ("tagged", "probabilities")
    former_names: ClassVar[dict[str, str]] = {"written": "unfused"}

    data: str = data_field("stdlib", "Python source", "tagged text", about="What to tag")
    characters: int = Field(
        1_000_000,
        ge=10_000,
        le=20_000_000,
        description="Characters of source to read. More generalises better and takes longer to load.",
        json_schema_extra=unit("characters") | only(data=("stdlib", "file:")),
    )
    length: int = Field(
        128,
        ge=2,
        le=4096,
        description="Characters per window. Longer shows more of a string or comment and is slower.",
        json_schema_extra=unit("characters"),
    )
    cell: Literal["rnn", "relu", "lstm", "gru"] = Field(
        "lstm",
        description="Recurrent cell. LSTM and GRU remember longer than a plain RNN; relu is a plain one of ReLUs that begins as the identity.",
    )
    bidirectional: bool = Field(True, description="Read in both directions; off, a character's kind must follow from what came before.")
    layers: int = Field(1, ge=1, le=8, description="Stacked recurrent layers. More have more capacity and are slower.")
    hidden: int = Field(
        96, ge=1, le=4096, description="Units per direction. More remember more and are slower.", json_schema_extra=unit("units")
    )
    width: int = Field(32, ge=1, le=1024, description="Embedding size of a character. More have more capacity.")
    crf: bool = Field(False, description="Score whole tag sequences with a CRF and decode with Viterbi: better at boundaries, and slower.")
    learned_state: bool = Field(False, description="Train the initial state; off, it is zero.")
    unfused: bool = Field(False, description="Compute step by step from the equations instead of with fused kernels: same results, slower.")

    @property
    def of_sentences(self) -> bool:
        """Whether the data are sentences with tags, not Python source: one's own file is that where its name ends in .tsv or .conll."""
        file = file_of(self.data)
        return self.data == "entities" if file is None else file.suffix.lower() in (".tsv", ".conll", ".iob", ".bio")
