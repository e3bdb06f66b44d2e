"""Two photographs that come with scikit-learn, to try things on without a file of one's own."""

from importlib.util import find_spec
from pathlib import Path

SAMPLES = {"flower": "flower.jpg", "temple": "china.jpg"}


def sample_file(name: str) -> Path:
    """The file of one of `SAMPLES`; scikit-learn itself is not imported."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "images" / SAMPLES[name]
