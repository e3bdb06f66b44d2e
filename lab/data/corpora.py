"""The texts, sentence pairs and series by name, without loading any: what configs, flags and lists need. Imports no torch."""

from pathlib import Path

TEXTS: dict[str, str] = {
    "pydocs": "Python's own documentation, 465,000 characters (pydoc_data)",
    "stdlib": "Python's own source, the top-level modules of the standard library",
    "tinyshakespeare": "1,115,394 characters of Shakespeare's plays, downloaded once",
    "file:PATH": "your own text file",
}
SOURCES: dict[str, str] = {"stdlib": TEXTS["stdlib"], "file:PATH": "your own Python source"}
SENTENCES: dict[str, str] = {
    "pydocs": "sentences of Python's documentation by section",
    "file:PATH": "your own TSV: a label, a tab, a text on each line",
}
PAIRS: dict[str, str] = {
    "dates": "generated dates in words and their ISO form",
    "numbers": "generated numbers in words and in digits",
    "multi30k": "29,000 German and English captions, downloaded once",
    "file:PATH": "your own TSV: a source, a tab, a target on each line",
}
SERIES: dict[str, str] = {
    "ram": "bytes of the emulator's memory while an agent plays",
    "file:PATH": "your own CSV: a column of numbers for each series",
}


def check(value: str, known: dict[str, str]) -> str:
    """`value` where it names one of `known`, or a file that exists. Raises ValueError that says what was expected."""
    if value.startswith("file:"):
        path = Path(value.removeprefix("file:")).expanduser()
        if not path.is_file():
            raise ValueError(f"must name a file that exists after file:, and {path} is none")
        return f"file:{path.resolve()}"
    if value not in known or value == "file:PATH":
        raise ValueError(f"must be one of {', '.join(known)}")
    return value


def file_of(value: str) -> Path | None:
    """The path in file:PATH."""
    return Path(value.removeprefix("file:")) if value.startswith("file:") else None


def subject(value: str) -> str:
    """A data set's name as part of a file's name."""
    path = file_of(value)
    name = value if path is None else path.stem
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name) or "file"
