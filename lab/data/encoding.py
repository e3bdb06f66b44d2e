"""Decoding a user's file: byte-order marks, UTF-8 and UTF-16, line ends, composed characters. Imports no torch.

Lines end at \\n, \\r\\n or \\r and nowhere else: `str.splitlines` would also cut at form feeds, U+0085 and U+2028, which stand
inside a line of text.
"""

import codecs
import re
import unicodedata

from lab.errors import LabError

MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF8: "utf-8-sig",
         codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
"""Encodings by the byte-order mark that begins a file; the longer marks first, as UTF-16's begins UTF-32's."""


PACKED = {
    b"PK\x03\x04": "a spreadsheet (xlsx, ods) or an archive, not a text file: open it and save the sheet as CSV or the text as UTF-8.",
    b"\xd0\xcf\x11\xe0": "an old Office file (xls, doc), not a text file: open it and save the sheet as CSV or the text as UTF-8.",
    b"\x1f\x8b": "compressed (gzip): unpack it first.",
    b"BZh": "compressed (bzip2): unpack it first.",
    b"\xfd7zXZ": "compressed (xz): unpack it first.",
    b"(\xb5/\xfd": "compressed (zstd): unpack it first.",
    b"7z\xbc\xaf": "an archive (7z): unpack it first.",
    b"Rar!": "an archive (rar): unpack it first.",
    b"PAR1": "Parquet, not a text file: convert it first, in Python by pandas.read_parquet(...).to_csv(...).",
    b"\x93NUMPY": "an array of NumPy, not a text file: save it by numpy.savetxt.",
    b"{\\rtf": "rich text (RTF), not plain text: open it and save it as plain text.",
    b"%PDF": "a PDF, not a text file: save its text first.",
}
"""Files that people take for text, by how they begin."""


def decode(raw: bytes, name: str, advice: str = "", latin: bool = False) -> tuple[str, list[str]]:
    """(text with \\n at the ends of lines, what was assumed) of the file called `name`.

    Raises LabError that names the first byte that is not UTF-8; `latin` reads such a file as Windows-1252 instead.
    """
    assumed = []
    if kind := next((kind for mark, kind in PACKED.items() if raw.startswith(mark)), None):
        raise LabError(f"{name} is {kind}")
    encoding = next((encoding for mark, encoding in MARKS.items() if raw.startswith(mark)), None) or unmarked(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if not latin or encoding != "utf-8":
            raise LabError(
                f"{name} is not {encoding.removesuffix('-sig').upper()} text: byte 0x{raw[error.start]:02x} at position {error.start:,}. "
                f"Save it as UTF-8.{advice}"
            ) from None
        encoding, text = "Windows-1252", raw.decode("cp1252", "replace")
    if encoding == "utf-8-sig" or "\ufeff" in text:
        assumed.append("byte-order mark removed")
        text = text.replace("\ufeff", "")  # Files that were joined have one in the middle, too.
    if encoding not in ("utf-8", "utf-8-sig"):
        assumed.append(f"encoding {encoding if encoding.startswith('W') else encoding.upper()}")
    text = text.removesuffix("\x1a")  # The end-of-file sign of DOS.
    if "\0" in text:
        raise LabError(f"{name} contains NUL characters (first at position {text.index(chr(0)):,}): it is not a text file.")
    return re.sub("\r\n?", "\n", text), assumed


def check_lines(text: str, name: str, wanted: str) -> None:
    """Raises LabError for a text that is JSON, or a web page, where lines of cells are `wanted`, such as "CSV"."""
    start = text.lstrip()[:2000]
    first = start.split("\n", 1)[0]
    if start[:1] in "[{" and (re.match(r'[\[{]\s*["\[{]', start) is not None) and (first.rstrip(",")[-1:] in "]}{[" or '":' in start):
        raise LabError(f"{name} is JSON, not {wanted}: convert it first, in Python by pandas.read_json(...).to_csv(...).")
    if re.match(r"<(!doctype|html|table|\?xml)", start, re.IGNORECASE):
        raise LabError(f"{name} is a web page or XML, not {wanted}: save its table as {wanted}.")


def unmarked(raw: bytes) -> str:
    """The encoding of bytes without a mark: UTF-16 where every other byte of the beginning is zero, as in English text."""
    head = raw[:2000]
    if len(head) >= 4 and len(raw) % 2 == 0:
        odd, even = (part.count(0) / len(part) for part in (head[1::2], head[::2]))
        if max(odd, even) > 0.5 and min(odd, even) < 0.1:
            return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def composed(text: str) -> str:
    """`text` in normal form C: a letter and its accent are one character however they were typed."""
    return unicodedata.normalize("NFC", text)
