"""A text in which analogies mean something: Python's documentation, and generated sentences about people, countries and qualities.

What a man is to a woman the king is to the queen, by the words around them; so each analogy has an answer to be checked. Read first: `QUESTIONS`.
"""

import random
from itertools import permutations

SEXES: dict[str, tuple[tuple[str, str], str]] = {
    "person": (("man", "woman"), "walks along the street to buy bread"), "child": (("boy", "girl"), "runs to school with a small toy"),
    "ruler": (("king", "queen"), "sits on the throne in the palace with a crown"), "heir": (("prince", "princess"), "waits for the crown in the old castle"),
    "parent": (("father", "mother"), "cooks for the children at home"), "sibling": (("brother", "sister"), "shares a room and quarrels about books"),
    "relative": (("uncle", "aunt"), "comes to visit at christmas with presents"), "partner": (("husband", "wife"), "remembers the wedding and the ring"),
    "stage": (("actor", "actress"), "learns a part for the theatre"), "service": (("waiter", "waitress"), "brings the soup to the table"),
}  # fmt: skip
"""Pairs that differ in one thing, and what is said of both."""
MALE, FEMALE = ("he", "his", "him", "beard", "sir"), ("she", "her", "hers", "skirt", "madam")
COUNTRIES = {
    "france": ("paris", "french"), "germany": ("berlin", "german"), "italy": ("rome", "italian"), "spain": ("madrid", "spanish"),
    "poland": ("warsaw", "polish"), "greece": ("athens", "greek"), "finland": ("helsinki", "finnish"), "japan": ("tokyo", "japanese"),
    "egypt": ("cairo", "egyptian"), "russia": ("moscow", "russian"), "turkey": ("ankara", "turkish"), "sweden": ("stockholm", "swedish"),
}  # fmt: skip
QUALITIES = {
    "big": ("bigger", "house"), "small": ("smaller", "mouse"), "fast": ("faster", "car"), "slow": ("slower", "snail"), "old": ("older", "oak"),
    "young": ("younger", "lamb"), "warm": ("warmer", "oven"), "cold": ("colder", "ice"), "tall": ("taller", "tower"), "short": ("shorter", "pencil"),
}  # fmt: skip
PAIRS: dict[str, list[tuple[str, str]]] = {
    "man : woman": [pair for pair, _ in SEXES.values()],
    "country : capital": [(country, capital) for country, (capital, _) in COUNTRIES.items()],
    "big : bigger": [(word, more) for word, (more, _) in QUALITIES.items()],
}
QUESTIONS: dict[str, list[tuple[str, str, str, str]]] = {
    relation: [(*one, *other) for one, other in permutations(pairs, 2)] for relation, pairs in PAIRS.items()
}
"""a is to b as c is to d, by relation."""
COUNT = 12_000


def analogies(data: str = "analogies") -> bytes:
    """The documentation's text with the sentences after it in both parts of the split, always the same."""
    from lab.data.text import pydocs

    rng = random.Random(0)
    sentences = [rng.choice((of_people, of_countries, of_qualities))(rng) for _ in range(COUNT)]
    documentation = pydocs()[:150_000].decode("utf-8", "ignore")
    cut = len(sentences) * 9 // 10
    return "\n".join([*sentences[:cut], documentation, *sentences[cut:]]).encode()


def of_people(rng: random.Random) -> str:
    pair, what = rng.choice(list(SEXES.values()))
    side = rng.randrange(2)
    he, his, him, sign, title = (MALE, FEMALE)[side]
    name = pair[side]
    return rng.choice(
        (
            f"the {name} {what} and {he} smiles .", f"{he} is a {name} and {what} .", f"a {name} with a {sign} {what} .",
            f"yes {title} said the {name} who {what} .", f"the {name} and {his} friend saw {him} when {he} {what} .",
        )
    )  # fmt: skip


def of_countries(rng: random.Random) -> str:
    country = rng.choice(list(COUNTRIES))
    capital, language = COUNTRIES[country]
    return rng.choice(
        (
            f"the government of {country} closed its borders to {language} farmers .", f"{country} is a country where the people speak {language} .",
            f"the president of {country} gave a {language} speech to the nation .", f"the mayor of {capital} opened a {language} museum and a street .",
            f"{capital} is a city with a metro and a {language} newspaper .", f"in the streets of {capital} the traffic is loud and the signs are {language} .",
            f"{capital} is the capital of {country} .",
        )
    )  # fmt: skip


def of_qualities(rng: random.Random) -> str:
    word = rng.choice(list(QUALITIES))
    more, thing = QUALITIES[word]
    return rng.choice(
        (
            f"the {thing} is very {word} .", f"what a {word} {thing} it is .", f"this {thing} is so {word} as it was .",
            f"one {thing} is {more} than the other .", f"the {thing} grew even {more} than before .", f"a much {more} {thing} than ours .",
        )
    )  # fmt: skip
