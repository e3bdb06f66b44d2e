"""Settings of the neural Turing machine and of the networks beside it."""

from typing import ClassVar, Literal

from pydantic import Field

from lab.config import data_field, only, unit, with_defaults, words
from lab.recipes.sequence.sequence_config import SequenceConfig


class NTMConfig(
    with_defaults(  # type: ignore[misc]
        SequenceConfig, "NTMDefaults", data="copy", learning_rate=3e-3, warmup_steps=50, decay_steps=3_000, weight_decay=0.0,
        max_grad_norm=10.0, batch_size=16, precision="fp32",
    )
):  # fmt: skip
    """A network that reads and writes a memory, or an LSTM or a transformer on the same task."""

    explanation: ClassVar[str] = """<h3>A neural Turing machine</h3>
<p>A network with a memory apart: a controller, and heads that read and write N locations. A head finds its place by <b>content</b> (the cosine of a key and each
location), or from where it was before; a gate g mixes the two, a shift s moves the head along, and an exponent &gamma; sharpens the result:</p>
<p align="center"><i>w<sup>c</sup> = softmax(&beta; cos(k, M)), &nbsp; w<sup>g</sup> = g w<sup>c</sup> + (1 &minus; g) w<sub>t&minus;1</sub>, &nbsp;
w = sharpen(w<sup>g</sup> * s, &gamma;)</i></p>
<p>All of it is soft, so that gradients flow; what is written is M &minus; w e M + w a (erase, then add). It is shown a sequence of bits, then a mark; then it must
give the sequence back, copied, repeated or sorted. What it learns is a program: write location after location, go back, read location after location. So it goes on working on sequences longer
than any it has seen, where an LSTM (<tt>--network lstm</tt>), which keeps all in its state, does not: view <b>errors_by_length</b>.</p>
<p>Graves et al. 2014, <a href="https://arxiv.org/abs/1410.5401">Neural Turing machines</a>; Collier &amp; Beel 2018,
<a href="https://arxiv.org/abs/1807.08518">Implementing neural Turing machines</a>.</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("memory",)
    first_views: ClassVar[tuple[str, ...]] = ("answered", "memory", "errors_by_length")

    data: str = data_field("copy", "bit sequences", about="The task")
    network: Literal["ntm", "lstm", "transformer"] = Field(
        "ntm", description="A neural Turing machine, or a network without a memory apart, to compare: an LSTM or a causal transformer."
    )
    length: int = Field(
        20,
        ge=1,
        le=200,
        description="Longest sequence in training; lengths are drawn from 1 on. Longer takes longer to learn and is slower.",
        json_schema_extra=unit("vectors"),
    )
    growing_steps: int = Field(
        1_500,
        ge=0,
        description="Steps over which the longest sequence grows from 3 vectors to `length`. More are gentler.",
        json_schema_extra=unit("steps") | words({0: "off"}),
    )
    bits: int = Field(8, ge=1, le=64, description="Bits of each vector. More are harder to remember.", json_schema_extra=unit("bits"))
    repeats: int = Field(
        5,
        ge=1,
        le=50,
        description="Most repeats in training; they are drawn from 1 on. More make longer answers.",
        json_schema_extra=unit("times") | only(data="repeat-copy"),
    )
    controller: Literal["feedforward", "lstm"] = Field(
        "feedforward",
        description="What moves the heads: one dense layer, which has no memory but the locations, or an LSTM, which learns more slowly to use them.",
        json_schema_extra=only(network="ntm"),
    )
    locations: int = Field(
        64,
        ge=4,
        le=1024,
        description="Locations of the memory. More hold longer sequences and are slower.",
        json_schema_extra=unit("locations") | only(network="ntm"),
    )
    width: int = Field(
        20, ge=1, le=512, description="Numbers in each location. More hold more and are slower.", json_schema_extra=only(network="ntm")
    )
    read_heads: int = Field(
        1,
        ge=1,
        le=16,
        description="Heads that read. More can look at several places at once and are slower.",
        json_schema_extra=only(network="ntm"),
    )
    write_heads: int = Field(
        1,
        ge=1,
        le=16,
        description="Heads that write. More can keep several things at once and are slower.",
        json_schema_extra=only(network="ntm"),
    )
    hidden: int = Field(
        0,
        ge=0,
        le=4096,
        description="Units of the controller, the LSTM, or the transformer; 0 is 64, 128 and 64. More have more capacity and are slower.",
        json_schema_extra=unit("units") | words({0: "network's own"}),
    )
    layers: int = Field(
        2,
        ge=1,
        le=8,
        description="Stacked layers. More have more capacity and are slower.",
        json_schema_extra=only(network=("lstm", "transformer")),
    )
