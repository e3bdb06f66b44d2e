"""R-CNN's support vector machines: what is between the examples, and background that is hard to tell."""

import numpy as np
import torch

from lab.recipes.vision.svm_head import fit, separated
from models.vision.regions import CropNet


def test_the_plane_lies_between_the_examples() -> None:
    own, others = np.array([[3.0, 0.0], [4.0, 1.0]] * 50), np.array([[1.0, 0.0], [0.0, 1.0]] * 50)
    weight, bias = separated(own, others, scale=10.0)
    assert (own @ weight + bias > 0).all()
    assert (others @ weight + bias < 0).all()


def test_things_are_told_from_background_by_what_the_network_makes_of_them() -> None:
    """Bright squares are of one class, dark ones of the other, and the ground is grey."""
    net = CropNet(classes=2, features=4, machines=True)
    net.initialise(torch.Generator().manual_seed(0))
    net.eval()
    boxes = torch.tensor([[4.0, 4.0, 12.0, 12.0], [20.0, 20.0, 28.0, 28.0]])
    maps = torch.zeros(1, 3, 32, 32)
    maps[:, :, 4:12, 4:12], maps[:, :, 20:28, 20:28] = 2.0, -2.0
    regions = torch.tensor([[float(x), float(y), x + 8.0, y + 8.0] for x in range(0, 24, 4) for y in range(0, 24, 4)])
    fit(net, [(maps, boxes, torch.tensor([0, 1]), regions)] * 8, torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = net.features(maps, boxes, torch.zeros(2, dtype=torch.long))
        chances = net.chances(features, net.regions(features)[0])
    assert chances.argmax(1).tolist() == [0, 1]
    assert (chances.diagonal() > 0.5).all()
