"""No picture without a sentence that says how to read it: views, pages, heat maps."""

import pytest

from gui.pages import PAGES, page_class
from lab import registry
from lab.answers import Scatter
from lab.experiment import ViewSpec

SPECS: dict[tuple[str, str], ViewSpec] = {
    (recipe.name, name): spec for recipe in registry.recipes().values() for name, spec in recipe.experiment_class().views().items()
}


def first(spec: ViewSpec) -> str:
    """The sentence that stands below a view in the app."""
    return spec.about.split(". ")[0].rstrip(".")


def test_every_view_has_a_sentence() -> None:
    assert [name for name, spec in SPECS.items() if len(first(spec)) < 20] == []


@pytest.mark.parametrize(
    "view", ["grad_cam", "cam", "augmented_grad_cam", "rise", "occlusion", "integrated_gradients", "saliency", "look", "verdict"]
)
def test_colours_over_a_picture_are_explained(view: str) -> None:
    said = [first(spec) for (_, name), spec in SPECS.items() if name == view]
    assert said
    assert all("red" in sentence for sentence in said)


@pytest.mark.parametrize("view", ["attention", "all_attention", "alignment", "heads", "gates", "probabilities", "confusion", "transitions"])
def test_rows_and_columns_are_explained(view: str) -> None:
    said = [first(spec) for (_, name), spec in SPECS.items() if name == view]
    assert said
    assert all("row" in sentence and "column" in sentence for sentence in said)


def test_dots_say_that_their_axes_mean_nothing_or_what_they_mean() -> None:
    scattered = [spec for spec in SPECS.values() if issubclass(spec.answer, Scatter)]
    assert len(scattered) >= 3
    assert [spec.name for spec in scattered if "axes" not in first(spec) and "coordinates" not in first(spec)] == []


def test_every_page_says_how_to_read_it() -> None:
    assert [name for name in PAGES if not page_class(name).reading.endswith(".")] == []
