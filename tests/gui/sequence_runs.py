"""What the tests of the Sequences panel share: tiny networks, one's own files to train on, and a hand on the pages."""

from typing import Any

LONG = 60_000
TEXT = "the cat sat on the mat and the dog lay by the door. " * 60
TINY: dict[str, dict[str, Any]] = {
    "gpt": {"context": 16, "layers": 2, "heads": 2, "width": 16, "batch_size": 2},
    "ngram": {"order": 3},
    "glove": {"width": 4, "batch_size": 8, "window": 2},
    "ntm": {"length": 3, "bits": 3, "locations": 6, "width": 4, "hidden": 8, "batch_size": 4},
    "captions": {"games": "pong", "player": "random", "frames": 10, "features": 2, "width": 4, "hidden": 6, "batch_size": 4},
    "char-rnn": {"hidden": 8, "width": 8, "unroll": 8, "batch_size": 2},
    "seq2seq": {"data": "numbers", "pairs": 150, "hidden": 8, "width": 8, "batch_size": 4},
    "tag": {"length": 16, "hidden": 4, "width": 4, "batch_size": 2},
    "text-class": {"hidden": 4, "width": 4, "batch_size": 4, "min_count": 1, "max_length": 6},
}


def face(tab: Any, kind: type) -> Any:
    """A page brought to the front."""
    page = tab.page_tabs.page_of(kind)
    tab.page_tabs.setCurrentWidget(page)
    return page
