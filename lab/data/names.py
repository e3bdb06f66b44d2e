"""Surnames of ten languages, from the lists of the package Faker."""

import hashlib
import importlib

from lab.data.tsv import Rows

LANGUAGES: dict[str, tuple[str, ...]] = {
    "English": ("en_GB", "en_NZ"), "Finnish": ("fi_FI",), "French": ("fr_FR", "fr_CA"), "German": ("de_DE", "de_CH"), "Icelandic": ("is_IS",),
    "Irish": ("ga_IE",), "Italian": ("it_IT",), "Slovak": ("sk_SK",), "Spanish": ("es_ES",), "Zulu": ("zu_ZA",),
}  # fmt: skip
"""The languages and Faker's lists of each."""
MOST = 600
"""Names of a language: more of one than of others would make it the better guess."""


def surnames(data: str = "names", rules: int = 1) -> Rows:
    """(language, surname). Names that several languages have are left out."""
    lists = {language: set().union(*map(names_of, places)) for language, places in LANGUAGES.items()}
    rows = []
    for language, names in lists.items():
        others = set().union(*(theirs for other, theirs in lists.items() if other != language))
        own = sorted(names - others, key=lambda name: hashlib.sha256(name.encode()).digest())[:MOST]
        rows += [(language, name) for name in sorted(own)]
    return Rows(rows, [])


def names_of(place: str) -> set[str]:
    """The surnames of one of Faker's lists."""
    provider = importlib.import_module(f"faker.providers.person.{place}").Provider
    lists = [getattr(provider, name) for name in dir(provider) if name.startswith("last_names")]
    return {name for names in lists if isinstance(names, tuple | list | dict) for name in names if isinstance(name, str)}
