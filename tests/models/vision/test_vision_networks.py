"""Published parameter counts, torchvision's names, and every network at any number of classes, channels and pixels."""

import pytest
import torch
from torch import nn

import models

COUNTS = {
    "lenet5": 61_706, "alexnet": 61_100_840, "vgg11": 132_863_336, "vgg13": 133_047_848, "vgg16": 138_357_544, "vgg19": 143_667_240,
    "googlenet": 6_624_904, "googlenet-5x5": 7_005_832, "alexnet-lrn": 61_100_840, "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160,
    "resnet152": 60_192_808, "densenet121": 7_978_856, "mobilenet_v1": 4_231_976, "mobilenet_v2": 3_504_872, "mlp": 101_770,
}  # fmt: skip
SMALL_COUNTS = {"resnet20": 269_722, "plain20": 269_722, "resnet56": 853_018, "plain56": 853_018}
"""Of ten classes and three channels; the paper gives 0.27 and 0.85 million."""
NETWORKS = (*COUNTS, "resnet20", "plain20", "nin", "cnn1d", "linear", "knn")

KEYS: dict[str, dict[str, tuple[int, ...]]] = {
    "alexnet": {
        "features.0.weight": (64, 3, 11, 11), "features.3.weight": (192, 64, 5, 5), "features.6.weight": (384, 192, 3, 3),
        "features.8.weight": (256, 384, 3, 3), "features.10.weight": (256, 256, 3, 3), "classifier.1.weight": (4096, 9216),
        "classifier.4.weight": (4096, 4096), "classifier.6.weight": (1000, 4096),
    },
    "vgg11": {
        "features.0.weight": (64, 3, 3, 3), "features.3.weight": (128, 64, 3, 3), "features.18.weight": (512, 512, 3, 3),
        "classifier.0.weight": (4096, 25088), "classifier.3.weight": (4096, 4096), "classifier.6.bias": (1000,),
    },
    "vgg16": {"features.28.weight": (512, 512, 3, 3), "features.2.bias": (64,), "features.10.weight": (256, 128, 3, 3)},
    "vgg19": {"features.34.weight": (512, 512, 3, 3)},
    "googlenet": {
        "conv1.conv.weight": (64, 3, 7, 7), "conv1.bn.running_var": (64,), "conv2.conv.weight": (64, 64, 1, 1),
        "conv3.conv.weight": (192, 64, 3, 3), "inception3a.branch1.conv.weight": (64, 192, 1, 1),
        "inception3a.branch2.0.conv.weight": (96, 192, 1, 1), "inception3a.branch2.1.conv.weight": (128, 96, 3, 3),
        "inception4c.branch3.1.conv.weight": (64, 24, 3, 3), "inception5b.branch4.1.bn.weight": (128,), "fc.weight": (1000, 1024),
    },
    "resnet18": {
        "conv1.weight": (64, 3, 7, 7), "bn1.running_mean": (64,), "layer1.0.conv1.weight": (64, 64, 3, 3), "layer1.0.bn2.bias": (64,),
        "layer2.0.downsample.0.weight": (128, 64, 1, 1), "layer2.0.downsample.1.num_batches_tracked": (),
        "layer4.1.conv2.weight": (512, 512, 3, 3), "fc.weight": (1000, 512), "fc.bias": (1000,),
    },
    "resnet50": {
        "layer1.0.conv1.weight": (64, 64, 1, 1), "layer1.0.conv3.weight": (256, 64, 1, 1), "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer2.0.conv2.weight": (128, 128, 3, 3), "layer4.2.bn3.weight": (2048,), "fc.weight": (1000, 2048),
    },
    "densenet121": {
        "features.conv0.weight": (64, 3, 7, 7), "features.norm0.weight": (64,), "features.denseblock1.denselayer1.norm1.weight": (64,),
        "features.denseblock1.denselayer1.conv1.weight": (128, 64, 1, 1), "features.denseblock1.denselayer6.conv2.weight": (32, 128, 3, 3),
        "features.transition1.norm.weight": (256,), "features.transition1.conv.weight": (128, 256, 1, 1),
        "features.denseblock4.denselayer16.norm2.running_var": (128,), "features.norm5.bias": (1024,), "classifier.weight": (1000, 1024),
    },
    "mobilenet_v2": {
        "features.0.0.weight": (32, 3, 3, 3), "features.0.1.running_mean": (32,), "features.1.conv.0.0.weight": (32, 1, 3, 3),
        "features.1.conv.1.weight": (16, 32, 1, 1), "features.1.conv.2.weight": (16,), "features.2.conv.0.0.weight": (96, 16, 1, 1),
        "features.2.conv.1.0.weight": (96, 1, 3, 3), "features.2.conv.2.weight": (24, 96, 1, 1), "features.17.conv.3.bias": (320,),
        "features.18.0.weight": (1280, 320, 1, 1), "classifier.1.weight": (1000, 1280),
    },
}  # fmt: skip
"""Some of torchvision's names with their shapes: the first, the last and the odd ones of each network."""
TENSORS = {
    "alexnet": 16,
    "vgg11": 22,
    "vgg16": 32,
    "vgg19": 38,
    "googlenet": 344,
    "resnet18": 122,
    "resnet50": 320,
    "densenet121": 727,
    "mobilenet_v2": 314,
}
"""How many tensors torchvision's state_dict has."""


def empty(name: str, **arguments: object) -> nn.Module:
    """Built without memory for its weights."""
    with torch.device("meta"):
        return models.build(name, **arguments)


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_networks_have_the_published_number_of_parameters(name: str, count: int) -> None:
    assert sum(p.numel() for p in empty(name).parameters()) == count


def test_googlenet_has_its_auxiliary_heads_on_demand() -> None:
    net = empty("googlenet", auxiliary=True)
    assert sum(p.numel() for p in net.parameters()) == 13_004_888
    state = net.state_dict()
    assert state["aux1.conv.conv.weight"].shape == (128, 512, 1, 1)
    assert state["aux2.fc1.weight"].shape == (1024, 2048)
    assert state["aux2.fc2.weight"].shape == (1000, 1024)


def test_dense_784_128_10_has_the_parameters_of_the_worked_example() -> None:
    net = empty("mlp", classes=10, channels=1, size=28, hidden=(128,))
    assert [sum(p.numel() for p in layer.parameters()) for layer in net.layers if isinstance(layer, nn.Linear)] == [100_480, 1_290]


@pytest.mark.parametrize("name", KEYS)
def test_state_dicts_have_the_names_and_shapes_of_torchvision(name: str) -> None:
    state = empty(name).state_dict()
    assert {key: tuple(state[key].shape) for key in KEYS[name]} == KEYS[name]
    assert len(state) == TENSORS[name]


@pytest.mark.parametrize("size", [8, 28, 32, 63, 64, 96])
@pytest.mark.parametrize("name", NETWORKS)
def test_any_classes_channels_and_size(name: str, size: int) -> None:
    for channels in (1, 3):
        net = empty(name, classes=7, channels=channels, size=size).eval()
        assert net(torch.zeros(2, channels, size, size, device="meta")).shape == (2, 7)


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "mlp"])
def test_the_small_stem_is_chosen_by_size_and_said(name: str) -> None:
    small, large = empty(name, channels=3, size=24), empty(name, channels=3, size=224)
    assert small.stem != large.stem
    assert "small" in small.stem
    first = [next(m for m in net.modules() if isinstance(m, nn.Conv2d)) for net in (small, large)]
    if not name.startswith("vgg"):
        assert (first[0].kernel_size, first[0].stride) != (first[1].kernel_size, first[1].stride)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "knn"])
def test_networks_say_where_their_head_and_maps_are(name: str) -> None:
    net = empty(name, classes=5, channels=1, size=32)
    assert net.get_submodule(net.head).weight.shape[0] == 5
    if name not in ("mlp", "linear"):
        outputs = []
        net.get_submodule(net.maps).register_forward_hook(lambda module, inputs, output: outputs.append(output))
        net.eval()(torch.zeros(1, 1, 32, 32, device="meta"))
        assert outputs[0].dim() == (3 if name == "cnn1d" else 4)


def test_the_inception_module_concatenates_its_branches_as_in_the_worked_example() -> None:
    from models.vision.googlenet import Inception

    # 128 1x1, 192 3x3, 128 "5x5" and the pooled 256: the pooling branch of the example has no projection.
    block = Inception(256, 128, 96, 192, 64, 128, 256).to("meta")
    assert block(torch.zeros(1, 256, 28, 28, device="meta")).shape == (1, 704, 28, 28)


def test_a_residual_block_adds_its_input() -> None:
    block = models.build("resnet18", size=32).layer1[0].eval()
    with torch.no_grad():
        block.bn2.weight.zero_()
    x = torch.randn(2, 64, 8, 8)
    torch.testing.assert_close(block(x), x.relu())


def test_nearest_neighbours_vote_like_a_count_by_hand() -> None:
    net = models.build("knn", classes=3, channels=1, size=1, k=3, memory=4)
    net.remember(torch.tensor([0.0, 1.0, 2.0, 10.0]).view(4, 1, 1, 1), torch.tensor([0, 1, 1, 2]))
    probabilities = net(torch.tensor([0.4]).view(1, 1, 1, 1)).exp()[0]  # Nearest: 0.0 (0), 1.0 (1), 2.0 (1).
    torch.testing.assert_close(probabilities, torch.tensor([1 / 3, 2 / 3, 0.0]), atol=1e-3, rtol=0)
    net.remember(torch.tensor([[[[0.4]]]]), torch.tensor([2]))  # Writes over the oldest, 0.0.
    assert net(torch.tensor([0.4]).view(1, 1, 1, 1)).exp()[0, 0] < 1e-3


def test_nearest_neighbours_keep_the_last_of_more_images_than_there_is_room_for() -> None:
    net = models.build("knn", classes=9, channels=1, size=1, k=1, memory=4)
    net.remember(torch.arange(3.0).view(3, 1, 1, 1), torch.arange(3))
    net.remember(torch.arange(3.0, 9.0).view(6, 1, 1, 1), torch.arange(3, 9))
    assert net.images.flatten().tolist() == [8, 5, 6, 7]  # Image n lies at n % 4.
    assert net.labels.tolist() == [8, 5, 6, 7]
    assert int(net.count) == 9


def test_the_1d_network_takes_series_and_images() -> None:
    net = models.build("cnn1d", classes=4, channels=2, size=50)
    assert net(torch.randn(3, 2, 50)).shape == (3, 4)
    assert net(torch.randn(3, 2, 17)).shape == (3, 4)
    torch.testing.assert_close(net.eval()(torch.arange(32.0).view(1, 2, 4, 4)), net(torch.arange(32.0).view(1, 2, 16)))


@pytest.mark.parametrize(("name", "count"), SMALL_COUNTS.items())
def test_networks_for_small_images_have_the_papers_number_of_parameters(name: str, count: int) -> None:
    assert sum(p.numel() for p in empty(name, classes=10, channels=3, size=32).parameters()) == count


def test_a_shortcut_takes_every_second_pixel_and_zeros_for_new_maps_and_a_plain_block_none() -> None:
    from models.vision.cifar_resnet import Block

    x = torch.arange(2 * 4 * 4, dtype=torch.float32).view(1, 2, 4, 4)
    for shortcut in (True, False):
        block = Block(2, 4, 2, shortcut).eval()
        with torch.no_grad():
            block.bn2.weight.zero_()
        expected = torch.zeros(1, 4, 2, 2)
        if shortcut:
            expected[:, 1:3] = torch.tensor([[[0.0, 2.0], [8.0, 10.0]], [[16.0, 18.0], [24.0, 26.0]]])
        assert torch.equal(block(x), expected)


def test_local_response_normalisation_is_the_papers_formula() -> None:
    from models.vision.alexnet import NormReLU

    maps = torch.tensor([[30.0, -5.0, 40.0, 10.0, 0.0, 20.0, 50.0]]).view(1, 7, 1, 1)
    a = [30.0, 0.0, 40.0, 10.0, 0.0, 20.0, 50.0]
    by_hand = [a[i] / (2 + 1e-4 * sum(v * v for v in a[max(0, i - 2) : i + 3])) ** 0.75 for i in range(7)]
    assert NormReLU()(maps).flatten().tolist() == pytest.approx(by_hand, rel=1e-5)
