"""Settings of the translator."""

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from lab.config import data_field, only, unit, unless, with_defaults, words
from lab.recipes.sequence.sequence_config import SequenceConfig

RECURRENT = ("rnn", "relu", "lstm", "gru")


class Seq2SeqConfig(with_defaults(SequenceConfig, "Seq2SeqDefaults", data="dates", learning_rate=2e-3, batch_size=64, decay_steps=1500)):  # type: ignore[misc]
    """An encoder and a decoder, recurrent with or without attention, or a transformer."""

    explanation: ClassVar[str] = """<h3>Encoder and decoder</h3>
<p>One network reads the source, another writes the target, token by token, until &lt;EOS&gt;. In training it is fed the true tokens
(<i>teacher forcing</i>), afterwards its own. With <b>attention</b> it looks back at the source before each token, with weights from</p>
<p align="center"><i>dot: h<sub>t</sub><sup>T</sup> h<sub>s</sub> &nbsp; Luong: h<sub>t</sub><sup>T</sup> W h<sub>s</sub> &nbsp;
Bahdanau: v<sup>T</sup> tanh(W<sub>1</sub> h<sub>t</sub> + W<sub>2</sub> h<sub>s</sub>)</i></p>
<p>Without attention all that is said must pass through one vector, and long sentences suffer: the view <b>by length</b> measures it, on <tt>--data clauses</tt>
for a language, on <tt>recall</tt> and <tt>adding</tt> for the memory of the cells themselves. The alignment matrix shows these weights. A <b>beam</b> follows the best few outputs at once; scores are divided by
((5 + length) / 6)<sup>&alpha;</sup>, so that short outputs have no advantage.</p>
<p>Sutskever et al. 2014, <a href="https://arxiv.org/abs/1409.3215">Sequence to sequence learning</a>; Bahdanau et al. 2015,
<a href="https://arxiv.org/abs/1409.0473">Neural machine translation</a>; Luong et al. 2015, <a href="https://arxiv.org/abs/1508.04025">Effective approaches to attention</a>;
Vaswani et al. 2017, <a href="https://arxiv.org/abs/1706.03762">Attention is all you need</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("text_translation",)
    first_views: ClassVar[tuple[str, ...]] = ("alignment", "examples")
    former_names: ClassVar[dict[str, str]] = {"written": "unfused", "longest": "max_length", "least": "min_count"}

    data: str = data_field("dates", "sentence pairs", about="Pairs to learn")
    model: Literal["rnn", "relu", "lstm", "gru", "transformer"] = Field(
        "gru", description="Recurrent cell of encoder and decoder (relu is an RNN of ReLUs that begins as the identity), or a transformer."
    )
    attention: Literal["none", "dot", "luong", "bahdanau"] = Field(
        "bahdanau",
        description="How a recurrent decoder attends to the source: not at all, by the dot product, by a product with weights between (Luong's general), or by a small network (Bahdanau's additive).",
        json_schema_extra=only(model=RECURRENT),
    )
    bidirectional: bool = Field(
        True,
        description="The encoder reads the source in both directions; off, forwards only.",
        json_schema_extra=only(model=RECURRENT),
    )
    learned_state: bool = Field(
        False, description="Train the encoder's initial state; off, it is zero.", json_schema_extra=only(model=RECURRENT)
    )
    tokens: Literal["auto", "char", "word"] = Field(
        "auto",
        description="Tokens are characters or words; auto takes characters for dates, numbers and the tasks of memory, words otherwise.",
    )
    pairs: int = Field(
        20_000,
        ge=100,
        le=1_000_000,
        description="Pairs to generate for training. More generalise better and take longer to generate.",
        json_schema_extra=unit("pairs") | only(data=("dates", "numbers", "clauses", "recall", "adding")),
    )
    max_length: int = Field(
        80,
        ge=2,
        le=1000,
        description="Skip pairs with more tokens than this on either side. Higher keeps more pairs and is slower.",
        json_schema_extra=unit("tokens"),
    )
    min_count: int = Field(
        2,
        ge=1,
        description="Words that occur less often become <UNK>. Higher gives a smaller vocabulary.",
        json_schema_extra=unit("times") | unless(tokens="char"),
    )
    layers: int = Field(
        1,
        ge=1,
        le=16,
        description="Layers of the encoder and of the decoder. More have more capacity and are slower.",
        json_schema_extra=unit("layers"),
    )
    hidden: int = Field(
        128,
        ge=1,
        le=4096,
        description="Units per direction of a recurrent layer. More have more capacity and are slower.",
        json_schema_extra=unit("units") | only(model=RECURRENT),
    )
    width: int = Field(
        128,
        ge=1,
        le=4096,
        description="Embedding size of a token; the model width of a transformer. More have more capacity and are slower.",
    )
    heads: int = Field(
        4,
        ge=1,
        le=64,
        description="Attention heads of a transformer; must divide the width. More look at more things at once, each with fewer dimensions.",
        json_schema_extra=unit("heads") | only(model="transformer"),
    )
    norm: Literal["pre", "post"] = Field(
        "pre",
        description="Layer norm of a transformer before each sublayer (pre), which trains more easily, or after it (post).",
        json_schema_extra=only(model="transformer"),
    )
    positions: Literal["sinusoidal", "learned"] = Field(
        "sinusoidal",
        description="Position encoding of a transformer: sinusoidal or learned.",
        json_schema_extra=only(model="transformer"),
    )
    teacher_forcing: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Teacher forcing: fraction of decoder steps fed the true token in training instead of the network's own. Higher learns faster; lower is closer to use.",
        json_schema_extra=only(model=RECURRENT),
    )
    beam: int = Field(
        4,
        ge=1,
        le=64,
        description="Beam width for translation. Wider searches more and is slower; 1 is greedy.",
        json_schema_extra=words({1: "greedy"}),
    )
    length_alpha: float = Field(
        0.6,
        ge=0,
        le=2,
        description="Length normalisation exponent (alpha) of the beam search. Higher favours longer outputs.",
        json_schema_extra=words({0.0: "off"}) | unless(beam=1),
    )
    unfused: bool = Field(
        False,
        description="Compute step by step from the equations instead of with fused kernels: same results, slower.",
        json_schema_extra=only(model=RECURRENT),
    )

    @model_validator(mode="after")
    def heads_divide_width(self) -> Any:
        if self.model == "transformer" and self.width % self.heads:
            raise ValueError(f"--width {self.width} is not a multiple of --heads {self.heads}")
        return self
