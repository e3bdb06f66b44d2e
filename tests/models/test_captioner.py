"""The captioner: what its decoder does step by step is what it does at once, and its gaze is a distribution over the places of the picture."""

import torch

from models.sequence.captioner import Captioner


def made() -> tuple[Captioner, torch.Tensor]:
    torch.manual_seed(0)
    return Captioner(9, (21, 16), features=2, width=4, hidden=6), torch.randn(2, 3, 21, 16)


def test_words_one_by_one_give_the_logits_of_words_at_once() -> None:
    net, images = made()
    words = torch.tensor([[1, 4, 5], [1, 6, 2]])
    decoding = net.start(images)
    steps = torch.stack([decoding.advance(words[:, t])[0] for t in range(3)], 1)
    assert torch.allclose(steps, net(images, words), atol=1e-6)


def test_each_word_looks_somewhere() -> None:
    net, images = made()
    _, looks = net.start(images).advance(torch.tensor([1, 1]))
    assert net.grid == (3, 2)
    assert looks.shape == (2, 6)
    assert torch.allclose(looks.sum(1), torch.ones(2))


def test_rows_that_are_kept_go_on_as_they_were() -> None:
    net, images = made()
    both, second = net.start(images), net.start(images[1:])
    both.reorder(torch.tensor([1]))
    assert torch.allclose(both.advance(torch.tensor([1]))[0], second.advance(torch.tensor([1]))[0], atol=1e-6)
