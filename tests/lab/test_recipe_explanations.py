"""What every recipe of the registry owes to the people who use it."""

from html.parser import HTMLParser

import pytest

from lab.registry import recipes

NAMES = sorted(recipes())


class Balance(HTMLParser):
    """The tags that are open at the end of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_explains_itself_with_a_heading_and_a_source(name):
    text = recipes()[name].config_class().explanation
    assert text.startswith("<h3>")
    assert "href=" in text or "<i>Pattern recognition" in text
    balance = Balance()
    balance.feed(text)
    assert balance.open == []


@pytest.mark.parametrize("name", NAMES)
def test_the_views_that_the_app_opens_first_are_views_of_the_recipe(name):
    recipe = recipes()[name]
    first = recipe.config_class().first_views
    assert first
    assert set(first) <= set(recipe.experiment_class().views())
