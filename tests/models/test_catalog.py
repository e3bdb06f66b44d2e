import pytest
import torch

import models


def test_every_network_of_the_catalog_has_a_line_about_it() -> None:
    assert {"nature-dqn", "dueling-dqn", "linear"} <= set(models.catalog())
    assert all(models.catalog().values())


def test_build_makes_the_network_with_its_defaults_and_the_given_arguments() -> None:
    net = models.build("dueling-dqn", actions=5)
    assert net(torch.zeros(2, 4, 84, 84, dtype=torch.uint8)).shape == (2, 5)
    assert hasattr(net, "advantage")


def test_build_refuses_an_unknown_name_and_offers_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"did you mean nature-dqn"):
        models.build("nature_dqn")


def test_build_refuses_an_unknown_argument_and_names_it() -> None:
    with pytest.raises(ValueError, match=r"nature-dqn.*colours"):
        models.build("nature-dqn", actions=4, colours=3)


def test_linear_classifier_shows_each_row_of_its_weights_as_a_template() -> None:
    net = models.build("linear", classes=3, channels=2, size=4)
    image = torch.randn(2, 4, 4)
    scores = (net.templates() * image).sum((1, 2, 3)) + net.fc.bias
    torch.testing.assert_close(net(image[None])[0], scores)
