"""Generated pairs of sentences: dates in words and their ISO form, numbers in words and in digits."""

import datetime
import hashlib
import random
from collections.abc import Callable

from lab.data.tsv import SentencePairs

SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = [".", ".", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
    "twenty": "twentieth", "thirty": "thirtieth",
}  # fmt: skip


MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def number_words(n: int) -> str:
    """0 <= n < 1,000,000 in words: 312 -> three hundred and twelve."""
    if n < 20:
        return SMALL[n]
    if n < 100:
        return TENS[n // 10] + (f"-{SMALL[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{SMALL[n // 100]} hundred" + (f" and {number_words(n % 100)}" if n % 100 else "")
    rest = n % 1000
    return f"{number_words(n // 1000)} thousand" + (f"{' and' if rest < 100 else ''} {number_words(rest)}" if rest else "")


def ordinal(n: int) -> str:
    """1 <= n < 100 as an ordinal word: 21 -> twenty-first."""
    head, dash, last = number_words(n).rpartition("-")
    return head + dash + (ORDINALS.get(last) or last + "th")


def year_words(year: int) -> str:
    """1905 -> nineteen oh five, 1999 -> nineteen ninety-nine, 2007 -> two thousand and seven, 2023 -> twenty twenty-three."""
    century, rest = divmod(year, 100)
    if rest == 0:
        return number_words(year) if century % 10 == 0 else f"{number_words(century)} hundred"
    if century % 10 == 0 and rest < 10:
        return f"{number_words(century * 100)} and {number_words(rest)}"
    return f"{number_words(century)} {'oh ' if rest < 10 else ''}{number_words(rest)}"


def date_words(day: datetime.date, rng: random.Random) -> str:
    """A date as people say or write it, in one of several ways."""
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    suffix = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    year = rng.choice([str(day.year), year_words(day.year)])
    number = rng.choice([str(day.day), f"{day.day}{suffix}", ordinal(day.day)])
    text = rng.choice(
        [f"{number} {month} {year}", f"{month} {number}, {year}", f"the {number} of {month} {year}", f"{month[:3]} {number} {year}"]
    )
    return f"{weekday}, {text}" if rng.random() < 0.25 else text


def one_date(rng: random.Random) -> tuple[str, str]:
    """(words, ISO) of a day from 1900 to 2099."""
    day = datetime.date(1900, 1, 1) + datetime.timedelta(days=rng.randrange(73049))
    return date_words(day, rng), day.isoformat()


def one_number(rng: random.Random) -> tuple[str, str]:
    """(words, digits) of a number below a million, small ones as often as large ones."""
    n = rng.randrange(10 ** rng.randint(1, 6))
    return number_words(n), str(n)


def dates(data: str, count: int, rules: int) -> SentencePairs:
    return generated(one_date, count)


def numbers(data: str, count: int, rules: int) -> SentencePairs:
    return generated(one_number, count)


def generated(one: Callable[[random.Random], tuple[str, str]], count: int, by: int = 1) -> SentencePairs:
    """`count` training pairs and 1,000 validation pairs; no target (`by` 1), or no source (0), is in both."""
    rng = random.Random(0)
    train: list[tuple[str, str]] = []
    validation: list[tuple[str, str]] = []
    while len(train) < count or len(validation) < 1000:
        pair = one(rng)
        unseen = hashlib.sha256(pair[by].encode()).digest()[0] < 26  # A tenth of all, by a fixed rule.
        part, limit = (validation, 1000) if unseen else (train, count)
        if len(part) < limit:
            part.append(pair)
    return SentencePairs(train, validation, [*train, *validation])
