"""Sentences whose words have tags: people, places and products in generated ones, and any file of two columns.

They are read letter by letter, each letter with its word's tag, so that a name that was never seen is known by its form and its neighbours.
Read first: `load_tagged_text`.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from lab.data.catalogue import loader, shown
from lab.data.names import names_of
from lab.data.python_tokens import VOCABULARY, TaggedSource
from lab.data.tagged_words import OTHER, Sentence, read_tagged
from lab.data.text import Codec, decoded, own_file
from lab.errors import LabError
from lab.registry import load

COUNT = 4_000
TEMPLATES = (
    "{person} lives in {place} .", "{person} was born in {place} and moved to {place} .", "Yesterday {person} bought the new {product} in {place} .",
    "The {product} was made in {place} .", "{person} met {person} in {place} .", "In {place} the {product} costs more than the {product} .",
    "{person} says the {product} is better than the {product} .", "The trains from {place} to {place} are late , {person} said .",
    "Nobody in {place} knows {person} .", "{person} wrote a book about {place} .", "My {product} broke when {person} dropped it .",
    "We flew to {place} with {person} and her {product} .", "The weather is fine today .", "She opened the door and read the letter .",
)  # fmt: skip
SYLLABLES = ("ka", "lo", "ze", "ri", "nu", "vi", "to", "ma", "xe", "do", "si", "pa")
PARTS = ("Phone", "Pad", "Drive", "Cam", "Watch", "Book")


@dataclass(frozen=True)
class Tagged:
    """Sentences for training and for validation, and what a reader assumed."""

    train: list[Sentence]
    validation: list[Sentence]
    assumed: list[str]


def load_tagged_text(data: str, length: int, device: torch.device, rules: int, kinds: Sequence[str] = ()) -> TaggedSource:
    """Letters and their kinds. The `kinds` are those that a stored run knows, or those of the data, `OTHER` first.

    Raises LabError where a part is shorter than `length` letters, or has a tag that the run does not know.
    """
    tagged: Tagged = load(loader(data, "tagged text"))(data, rules)
    tags = {tag for part in (tagged.train, tagged.validation) for sentence in part for _, tag in sentence}
    known = tuple(kinds) or (OTHER, *sorted(tags - {OTHER}))
    if unknown := sorted(tags - set(known)):
        raise LabError(f"{shown(data)} has the tag {unknown[0]!r}, which the network was not trained on. It knows: {', '.join(known)}.")
    parts = []
    for sentences in (tagged.train, tagged.validation):
        text, numbers = letters(sentences, known)
        tokens = Codec(VOCABULARY).encode(text, lenient=True).astype(np.uint8)
        if len(tokens) < length:
            raise LabError(f"{shown(data)} is too short: training and validation need at least {length} letters each. Lower --length.")
        parts += [torch.from_numpy(tokens).to(device), torch.from_numpy(numbers).to(device)]
    return TaggedSource(parts[0], parts[1], parts[2], parts[3], known)


def letters(sentences: list[Sentence], kinds: Sequence[str]) -> tuple[str, np.ndarray]:
    """The text, a sentence a line, and the kind (N,) uint8 of every letter; a blank within a name is part of it."""
    text, numbers = [], []
    for sentence in sentences:
        tags = [kinds.index(tag) for _, tag in sentence]
        for (word, _), tag in zip(sentence, tags, strict=True):
            text.append(word)
            numbers.append([tag] * len(word))
        gaps = [a if a == b else 0 for a, b in pairwise([*tags, 0])]
        gaps[-1] = 0
        start = len(text) - len(sentence)
        for i, gap in enumerate(gaps):
            text[start + i] += "\n" if i == len(gaps) - 1 else " "
            numbers[start + i].append(gap)
    return "".join(text), np.array([number for part in numbers for number in part], np.uint8)


def entities(data: str = "entities", rules: int = 1) -> Tagged:
    """Generated sentences. No name of the validation part is in the training part."""
    names = {"person": people(), "place": places(), "product": products()}
    train = {tag: [name for name in known if not held_out(name)] for tag, known in names.items()}
    validation = {tag: [name for name in known if held_out(name)] for tag, known in names.items()}
    rng = random.Random(0)
    return Tagged([filled(rng, train) for _ in range(COUNT)], [filled(rng, validation) for _ in range(COUNT // 7)], [])


def filled(rng: random.Random, names: dict[str, list[str]]) -> Sentence:
    """A template with names in its places."""
    sentence = []
    for word in rng.choice(TEMPLATES).split():
        tag = word.strip("{}") if word.startswith("{") else OTHER
        sentence += [(part, tag) for part in (rng.choice(names[tag]) if tag != OTHER else word).split()]
    return sentence


def held_out(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 7 == 0


def people() -> list[str]:
    """First and last names, and last names alone, of several languages, in plain letters."""
    from faker.providers.person.en_US import Provider

    first = sorted(name for name in {*Provider.first_names_female, *Provider.first_names_male} if name.isascii())
    last = sorted(name for place in ("en_US", "de_DE", "it_IT", "fi_FI") for name in names_of(place) if name.isascii())
    rng = random.Random(1)
    return [rng.choice(last) if i % 4 == 0 else f"{rng.choice(first)} {rng.choice(last)}" for i in range(1_500)]


def places() -> list[str]:
    """Countries and their capitals."""
    from faker.providers.date_time import Provider

    names = {name for country in Provider.countries for name in (country.name, country.capital)}
    return sorted(name for name in names if name.isascii() and len(name.split()) <= 3)


def products() -> list[str]:
    """Invented ones: Kalori X200, Zenu Phone 3 Pro."""
    rng = random.Random(2)
    made = []
    for _ in range(400):
        brand = "".join(rng.choices(SYLLABLES, k=rng.choice((2, 3)))).capitalize()
        model = rng.choice(
            (f"{rng.choice('XSGZ')}{rng.randint(1, 99) * 10}", f"{rng.choice(PARTS)} {rng.randint(2, 12)}", f"{rng.choice(PARTS)} Pro")
        )
        made.append(f"{brand} {model}")
    return made


def own_tagged(data: str, rules: int) -> Tagged:
    """One's own file: a word and, in the last column, its tag on each line, an empty line between sentences (see `tagged_words`).

    One sentence in seven is for validation.
    """
    text, assumed = decoded(own_file(data), data, rules)
    if rules > 2:
        tagged = read_tagged(text, shown(data))
        sentences, assumed = tagged.sentences, [*assumed, *tagged.assumed]
    else:
        sentences = plain_sentences(text, shown(data))
    kept = [sentence for sentence in sentences if sentence]
    out = [held_out(" ".join(word for word, _ in sentence)) for sentence in kept]
    parts = [[sentence for sentence, held in zip(kept, out, strict=True) if held is wanted] for wanted in (False, True)]
    if len(kept) < 2:
        raise LabError(f"{shown(data)} has {len(kept)} sentences; an empty line ends one, and training and validation need some each.")
    if not all(parts):
        parts = [kept[:-1], kept[-1:]]
    return Tagged(parts[0], parts[1], assumed)


def plain_sentences(text: str, where: str) -> list[Sentence]:
    """Sentences as runs were trained on that remember the first two versions of the rules: cut at any blank, comments included."""
    sentences: list[Sentence] = [[]]
    for number, line in enumerate(text.split("\n"), 1):
        cells = line.split()
        if not cells or cells[0] == "-DOCSTART-":
            sentences.append([])
        elif len(cells) < 2:
            raise LabError(f"{where}, line {number}: expected a word and its tag, found {line[:40]!r}.")
        else:
            tag = cells[-1][2:] if cells[-1][:2] in ("B-", "I-") else cells[-1]
            sentences[-1].append((cells[0], OTHER if tag == "O" else tag))
    return sentences
