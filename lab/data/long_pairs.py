"""Generated pairs whose sources are of many lengths: sentences of nested clauses, and the copy and adding tasks of memory.

They show what is lost over a distance: a decoder without attention reads everything from one vector. Read first: `clauses`.
"""

import random

from lab.data.generated_pairs import generated
from lab.data.tsv import SentencePairs

ARTICLES = {"m": ("der", "den"), "f": ("die", "die"), "n": ("das", "das")}
"""Nominative and accusative, by gender."""
PEOPLE = {
    "man": ("Mann", "m"), "woman": ("Frau", "f"), "child": ("Kind", "n"), "teacher": ("Lehrer", "m"), "doctor": ("Ärztin", "f"),
    "girl": ("Mädchen", "n"), "king": ("König", "m"), "queen": ("Königin", "f"), "friend": ("Freund", "m"), "neighbour": ("Nachbarin", "f"),
}  # fmt: skip
THINGS = {
    "dog": ("Hund", "m"), "cat": ("Katze", "f"), "horse": ("Pferd", "n"), "tree": ("Baum", "m"), "lamp": ("Lampe", "f"), "book": ("Buch", "n"),
    "letter": ("Brief", "m"), "door": ("Tür", "f"), "picture": ("Bild", "n"), "garden": ("Garten", "m"),
}  # fmt: skip
ADJECTIVES = {
    "old": "alt",
    "small": "klein",
    "clever": "klug",
    "quiet": "still",
    "new": "neu",
    "beautiful": "schön",
    "big": "groß",
    "friendly": "freundlich",
}
ACTIONS = {
    "sees": "sieht", "finds": "findet", "seeks": "sucht", "paints": "malt", "buys": "kauft", "hears": "hört", "likes": "mag", "shows": "zeigt",
}  # fmt: skip
SAYINGS = {"says": "sagt", "thinks": "denkt", "believes": "glaubt", "hopes": "hofft", "writes": "schreibt"}
TIMES = {"today": "heute", "now": "jetzt", "often": "oft", "here": "hier"}
MOST_CLAUSES = 6
LETTERS, COPIED = "abcdefgh", 3
"""What a source of the copy task begins with: as many of these."""
MOST_BLANKS, MOST_DIGITS = 60, 70
"""Short sources are more frequent than long ones: from them a network learns what is asked, before its gradients reach far."""

Pair = tuple[str, str]


def clauses(data: str, count: int, rules: int) -> SentencePairs:
    """English and German of one to six clauses, each in the one before: the verb of a German subordinate clause comes last."""
    return generated(lambda rng: sentence(rng, rng.randint(1, MOST_CLAUSES)), count)


def copies(data: str, count: int, rules: int) -> SentencePairs:
    """The copy task (Hochreiter & Schmidhuber 1997): three letters, blanks, and then the letters again."""
    return generated(one_copy, count, by=0)


def sums(data: str, count: int, rules: int) -> SentencePairs:
    """The adding task (ibid.) in digits: the sum of the two that have a + before them."""
    return generated(one_sum, count, by=0)


def one_copy(rng: random.Random) -> Pair:
    letters = "".join(rng.choices(LETTERS, k=COPIED))
    return letters + "." * mostly_short(rng, 0, MOST_BLANKS), letters


def one_sum(rng: random.Random) -> Pair:
    digits = [rng.randrange(10) for _ in range(mostly_short(rng, 2, MOST_DIGITS))]
    marked = rng.sample(range(len(digits)), 2)
    return "".join(f"+{digit}" if i in marked else str(digit) for i, digit in enumerate(digits)), str(sum(digits[i] for i in marked))


def mostly_short(rng: random.Random, least: int, most: int) -> int:
    """A number from `least` to `most`: the square of a uniform one, so that half of them lie in the lowest quarter."""
    return least + int((most - least + 1) * rng.random() ** 2)


def sentence(rng: random.Random, clauses: int) -> Pair:
    """A sentence of so many clauses, each but the last one telling the next."""
    if rng.random() < 0.25:  # An adverb in front: the German verb stays second, before the subject.
        time = rng.choice(list(TIMES))
        english, german = told(rng, clauses, "inverted")
        return f"{time} {english}", f"{TIMES[time]} {german}"
    return told(rng, clauses, "main")


def told(rng: random.Random, clauses: int, order: str) -> Pair:
    """Clauses in the German `order` of the first: "main", "inverted" (the verb before the subject) or "last" (the verb at the end)."""
    subject, wer = noun(rng, PEOPLE, 0)
    if clauses == 1:
        verb, other = rng.choice(list(ACTIONS)), noun(rng, PEOPLE | THINGS, 1)
        return f"{subject} {verb} {other[0]}", ordered(wer, ACTIONS[verb], other[1], order)
    verb = rng.choice(list(SAYINGS))
    english, german = told(rng, clauses - 1, "last")
    return f"{subject} {verb} that {english}", f"{ordered(wer, SAYINGS[verb], '', order)}, dass {german}"


def ordered(subject: str, verb: str, other: str, order: str) -> str:
    parts = {"main": (subject, verb, other), "inverted": (verb, subject, other), "last": (subject, other, verb)}[order]
    return " ".join(part for part in parts if part)


def noun(rng: random.Random, words: dict[str, tuple[str, str]], case: int) -> Pair:
    """With its article and perhaps an adjective, in the nominative (0) or the accusative (1)."""
    word = rng.choice(list(words))
    name, gender = words[word]
    article = ARTICLES[gender][case]
    if rng.random() < 0.5:
        return f"the {word}", f"{article} {name}"
    adjective = rng.choice(list(ADJECTIVES))
    ending = "en" if (gender, case) == ("m", 1) else "e"
    return f"the {adjective} {word}", f"{article} {ADJECTIVES[adjective]}{ending} {name}"
