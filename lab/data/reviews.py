"""Generated reviews of films in five classes, whose sentiment follows from rules: not, very, a bit, and, but.

What a review says is known of every part of it. Read first: `reviews`.
"""

import random

from lab.data.tsv import Rows

LABELS = {-2: "1 very bad", -1: "2 bad", 0: "3 neutral", 1: "4 good", 2: "5 very good"}
ADJECTIVES: dict[int, tuple[str, ...]] = {
    2: ("brilliant", "wonderful", "superb", "excellent", "magnificent"),
    1: ("good", "nice", "charming", "clever", "funny", "lively"),
    0: ("long", "short", "loud", "quiet", "new", "colourful", "french"),
    -1: ("dull", "weak", "slow", "silly", "flat", "boring"),
    -2: ("awful", "terrible", "horrible", "dreadful", "unbearable"),
}
NOUNS = ("film", "plot", "acting", "music", "ending", "script", "cast", "story", "photography", "dialogue")
STRONGER, WEAKER = ("very", "really", "truly"), ("a bit", "somewhat", "rather")
OPENINGS = ("", "", "", "i think ", "for me ", "honestly ", "my friends say ")
COUNT = 6_000

Phrase = tuple[int, str]
"""A sentiment from -2 to 2, and the words."""


def reviews(data: str = "reviews", rules: int = 1) -> Rows:
    """(label, text): whole reviews, and parts of them, always the same."""
    rng = random.Random(0)
    rows: dict[str, str] = {}
    while len(rows) < COUNT:
        sentiment, text = rng.choice((quality, clause, review, review, review))(rng)
        rows.setdefault(text, LABELS[sentiment])
    return Rows([(label, text) for text, label in rows.items()], [])


def quality(rng: random.Random) -> Phrase:
    """An adjective with what stands before it: not very good."""
    sentiment = rng.choice(list(ADJECTIVES))
    text = rng.choice(ADJECTIVES[sentiment])
    change = rng.random()
    if change < 0.25:
        sentiment, text = stronger(sentiment), f"{rng.choice(STRONGER)} {text}"
    elif change < 0.4:
        sentiment, text = weaker(sentiment), f"{rng.choice(WEAKER)} {text}"
    if rng.random() < 0.3:
        sentiment, text = negated(sentiment), f"not {text}"
    return sentiment, text


def clause(rng: random.Random) -> Phrase:
    sentiment, text = quality(rng)
    return sentiment, f"the {rng.choice(NOUNS)} {rng.choice(('is', 'was'))} {text}"


def review(rng: random.Random) -> Phrase:
    """One clause, or two joined by and or but."""
    (first, text), (second, other) = clause(rng), clause(rng)
    kind = rng.choice(("one", "and", "but"))
    if kind == "and":
        first, text = both(first, second), f"{text} and {other}"
    elif kind == "but":
        first, text = contrasted(first, second), f"{text} but {other}"
    return first, rng.choice(OPENINGS) + text


def stronger(sentiment: int) -> int:
    """very good is very good, very new is neutral."""
    return 2 * sign(sentiment)


def weaker(sentiment: int) -> int:
    """A bit awful is bad."""
    return sign(sentiment)


def negated(sentiment: int) -> int:
    """Not brilliant, and not very good, are bad; not awful is good."""
    return -sign(sentiment)


def both(first: int, second: int) -> int:
    """Of two alike the stronger; of two that contradict each other the sum."""
    return max(first, second, key=abs) if first * second >= 0 else sign(first + second)


def contrasted(first: int, second: int) -> int:
    """What comes after but decides, unless it says nothing; where it contradicts, it is weakened."""
    if not second:
        return first
    return sign(second) if first * second < 0 else second


def sign(number: int) -> int:
    return (number > 0) - (number < 0)
