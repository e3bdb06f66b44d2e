"""The VQ-VAE: nearest entries, gradients that pass them, moving averages, dead entries revived, a prior that draws codes."""

import pytest
import torch

from models.generative.pixelcnn import PixelCNN
from models.generative.vqvae import VQVAE, VQAutoencoder, perplexity


@pytest.fixture
def net() -> VQAutoencoder:
    torch.manual_seed(0)
    net = VQAutoencoder(channels=1, features=4, entries=3, width=2)
    net.codebook.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
    return net


def points(*rows: list[float]) -> torch.Tensor:
    """Encodings (1, 2, 1, W) of one row."""
    return torch.tensor(rows).T[None, :, None]


def test_each_encoding_takes_the_nearest_entry(net: VQAutoencoder) -> None:
    assert net.nearest(points([0.4, 0.1], [0.6, 0.1], [0.2, 1.5])).tolist() == [[[0, 1, 2]]]
    assert net.entries_of(torch.tensor([[[2]]])).flatten().tolist() == [0.0, 2.0]


def test_an_image_becomes_codes_of_cells_of_four_pixels_and_the_gradient_reaches_the_encoder(net: VQAutoencoder) -> None:
    logits, encodings, codes = net(torch.rand(2, 1, 12, 8))
    assert logits.shape == (2, 1, 12, 8)
    assert encodings.shape == (2, 2, 3, 2)
    assert codes.shape == (2, 3, 2)
    logits.sum().backward()
    assert net.encoder[0].weight.grad.abs().sum() > 0


def test_the_decoder_sees_entries_and_not_encodings(net: VQAutoencoder) -> None:
    images = torch.rand(2, 1, 8, 8)
    logits, _, codes = net(images)
    torch.testing.assert_close(logits, net.decoder(net.entries_of(codes)))


def test_entries_follow_the_mean_of_the_encodings_that_took_them(net: VQAutoencoder) -> None:
    encodings = points([1.0, 1.0], [3.0, 1.0], [0.0, 4.0])
    net.follow(encodings, torch.tensor([[[1, 1, 2]]]), decay=0.5)
    assert net.uses.tolist() == [0.0, 1.0, 0.5]
    assert net.codebook.tolist() == [[0.0, 0.0], [2.0, 1.0], [0.0, 4.0]]
    net.follow(points([6.0, 1.0]), torch.tensor([[[1]]]), decay=0.5)
    assert net.codebook[1].tolist() == [4.0, 1.0]  # (2 / 2 + 0.5 * 6) / (1 / 2 + 0.5 * 1) across.


def test_entries_that_are_hardly_used_are_taken_to_encodings(net: VQAutoencoder) -> None:
    net.uses.copy_(torch.tensor([0.001, 1.0, 1.0]))
    net.sums.copy_(net.codebook)
    encodings = points([5.0, 5.0], [6.0, 6.0], [7.0, 7.0])
    assert int(net.revive(encodings, torch.tensor([2, 0, 1]), least=0.1)) == 1
    assert net.codebook.tolist() == [[7.0, 7.0], [1.0, 0.0], [0.0, 2.0]]
    assert net.uses[0] == 1.0  # Three encodings, three entries.


def test_a_new_codebook_begins_on_encodings(net: VQAutoencoder) -> None:
    assert int(net.revive(points([5.0, 5.0]), torch.zeros(3, dtype=torch.long), least=0.01)) == 3
    assert net.codebook.tolist() == [[5.0, 5.0]] * 3


def test_perplexity_is_the_number_of_equally_used_entries() -> None:
    torch.testing.assert_close(perplexity(torch.tensor([0.25, 0.25, 0.25, 0.25, 0.0])), torch.tensor(4.0))


@pytest.fixture
def by_class(net: VQAutoencoder) -> VQVAE:
    """Three entries in a grid of 1 x 2, and a PixelCNN of random weights that knows two classes and heeds them."""
    torch.manual_seed(0)
    pixelcnn = PixelCNN(levels=3, features=4, layers=2, classes=2)
    assert pixelcnn.label is not None
    torch.nn.init.normal_(pixelcnn.label.weight, std=3.0)
    torch.nn.init.normal_(pixelcnn.last.weight, std=3.0)
    return VQVAE(net, pixelcnn, (1, 4, 8))


GRIDS = torch.cartesian_prod(torch.arange(3), torch.arange(3)).view(9, 1, 2)


def test_a_prior_by_class_is_the_mean_over_classes(by_class: VQVAE) -> None:
    p = [(-by_class.pixelcnn.nats(GRIDS, torch.full((9,), y))).sum((1, 2)).exp() for y in (0, 1)]
    mixture = (-by_class.nats(GRIDS)).sum((1, 2)).exp()
    torch.testing.assert_close(mixture, 0.5 * (p[0] + p[1]))
    torch.testing.assert_close(mixture.sum(), torch.tensor(1.0))


def test_a_class_is_as_likely_as_the_places_that_are_kept_make_it(by_class: VQVAE) -> None:
    kept = torch.tensor([[True, False]])
    first = torch.tensor([[[1, 0]]])
    p = torch.stack([(-by_class.pixelcnn.nats(first, torch.tensor([y]))[0, 0, 0]).exp() for y in (0, 1)]).detach()
    share = p[0] / p.sum()  # Bayes, the classes being equally likely before.
    border = torch.special.ndtri(share)
    noise = torch.stack([border - 0.01, border + 0.01])
    assert by_class.class_of(noise, first.expand(2, 1, 2), kept).tolist() == [0, 1]
    assert by_class.class_of(torch.tensor([-0.01, 0.01])).tolist() == [0, 1]


def test_the_prior_draws_codes_and_z_keeps_them(net: VQAutoencoder) -> None:
    model = VQVAE(net, PixelCNN(levels=3, features=4, layers=2), (1, 8, 8))
    noise = torch.randn(2, model.latent, generator=torch.Generator().manual_seed(0))
    codes = model.draw(noise)
    assert codes.shape == (2, 2, 2)
    z = model.prior(noise)
    assert z.shape == (2, model.latent) == (2, 8)
    torch.testing.assert_close(model.decode(z), model.image_of(codes))
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(net.nearest(model.encode(images).view(2, 2, 2, 2)), model.grid_of(images))
