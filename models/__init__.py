"""Networks by name: `models.catalog()` lists them, `models.build("nature-dqn", actions=6)` makes one.

This room holds nn.Modules and the maths that belongs to them; it knows nothing of files, threads, training or screens.
"""

import difflib
import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

CATALOG: dict[str, tuple[str, dict[str, Any], str]] = {
    "nature-dqn": ("models.q_network:QNetwork", {}, "Q network of Mnih et al. 2015"),
    "dueling-dqn": ("models.q_network:QNetwork", {"dueling": True}, "the same with value and advantage streams (Wang et al. 2016)"),
    "qr-dqn": ("models.quantile_network:QuantileNetwork", {}, "quantiles of each action's return (Dabney et al. 2018)"),
    "c51": ("models.categorical_network:CategoricalNetwork", {}, "probabilities of each action's return (Bellemare et al. 2017)"),
    "iqn": ("models.implicit_quantile_network:ImplicitQuantileNetwork", {}, "any quantile of each action's return (Dabney et al. 2018)"),
    "rainbow": (
        "models.categorical_network:CategoricalNetwork",
        {"dueling": True, "noisy": 0.5},
        "the same as c51, dueling and with noisy layers (Hessel et al. 2018)",
    ),
    "pqn": ("models.layer_norm_q_network:LayerNormQNetwork", {}, "Q network with layer normalisation (Gallici et al. 2024)"),
    "linear": ("models.vision.linear:LinearClassifier", {}, "one dense layer from pixels to class scores"),
    "mlp": ("models.vision.mlp:MLP", {}, "dense layers on pixels, 784-128-10 by default"),
    "knn": ("models.vision.knn:NearestNeighbours", {}, "k nearest neighbours: a memory of images that vote"),
    "layers": ("models.vision.from_layers:FromLayers", {"layers": "gap, dense classes"}, "a list of layers, one's own"),
    "lenet5": ("models.vision.lenet:LeNet5", {}, "LeCun et al. 1998"),
    "alexnet": ("models.vision.alexnet:AlexNet", {}, "Krizhevsky et al. 2012"),
    "vgg11": ("models.vision.vgg:VGG", {"depth": 11}, "Simonyan & Zisserman 2015"),
    "vgg13": ("models.vision.vgg:VGG", {"depth": 13}, "Simonyan & Zisserman 2015"),
    "vgg16": ("models.vision.vgg:VGG", {"depth": 16}, "Simonyan & Zisserman 2015"),
    "vgg19": ("models.vision.vgg:VGG", {"depth": 19}, "Simonyan & Zisserman 2015"),
    "nin": ("models.vision.nin:NiN", {}, "Network in Network (Lin et al. 2014)"),
    "googlenet": ("models.vision.googlenet:GoogLeNet", {}, "inception modules (Szegedy et al. 2015)"),
    "alexnet-lrn": ("models.vision.alexnet:AlexNet", {"response_norm": True}, "the same with local response normalisation, as published"),
    "googlenet-5x5": (
        "models.vision.googlenet:GoogLeNet",
        {"five": 5},
        "the same with the paper's 5x5 kernels, which torchvision has as 3x3",
    ),
    "resnet20": ("models.vision.cifar_resnet:CifarResNet", {"depth": 20}, "for small images (He et al. 2016, section 4.2)"),
    "resnet56": ("models.vision.cifar_resnet:CifarResNet", {"depth": 56}, "for small images (He et al. 2016, section 4.2)"),
    "plain20": ("models.vision.cifar_resnet:CifarResNet", {"depth": 20, "shortcuts": False}, "resnet20 without shortcuts"),
    "plain56": ("models.vision.cifar_resnet:CifarResNet", {"depth": 56, "shortcuts": False}, "resnet56 without shortcuts: it degrades"),
    "resnet18": ("models.vision.resnet:ResNet", {"depth": 18}, "He et al. 2016"),
    "resnet34": ("models.vision.resnet:ResNet", {"depth": 34}, "He et al. 2016"),
    "resnet50": ("models.vision.resnet:ResNet", {"depth": 50}, "He et al. 2016, with bottlenecks"),
    "resnet101": ("models.vision.resnet:ResNet", {"depth": 101}, "He et al. 2016, with bottlenecks"),
    "resnet152": ("models.vision.resnet:ResNet", {"depth": 152}, "He et al. 2016, with bottlenecks"),
    "densenet121": ("models.vision.densenet:DenseNet", {"depth": 121}, "Huang et al. 2017"),
    "mobilenet_v1": ("models.vision.mobilenet:MobileNetV1", {}, "depthwise separable convolutions (Howard et al. 2017)"),
    "mobilenet_v2": ("models.vision.mobilenet:MobileNetV2", {}, "inverted residuals (Sandler et al. 2018)"),
    "unet": ("models.vision.unet:UNet", {}, "segmentation by an encoder and a decoder with skips (Ronneberger et al. 2015)"),
    "fcn32s": ("models.vision.fcn:FCN", {"stride": 32}, "segmentation by a coarse map enlarged 32 times (Long et al. 2015)"),
    "fcn16s": ("models.vision.fcn:FCN", {"stride": 16}, "the same with scores of the fourth pooling added"),
    "fcn8s": ("models.vision.fcn:FCN", {"stride": 8}, "the same with those of the third pooling as well"),
    "localizer": ("models.vision.localizer:Localizer", {}, "a class and a box by two heads (Sermanet et al. 2014), CAM (Zhou et al. 2016)"),
    "faster-rcnn": ("models.vision.regions:RegionNet", {}, "a detector that proposes regions first (Ren et al. 2015)"),
    "single-shot": ("models.vision.single_shot:SingleShot", {}, "a detector in one pass: grid and anchors (Redmon & Farhadi 2017)"),
    "cnn1d": ("models.vision.cnn1d:CNN1D", {}, "1-D convolutions for series (Wang et al. 2017)"),
    "vit": ("models.sequence.vit:ViT", {}, "a transformer over patches of an image (Dosovitskiy et al. 2021)"),
    "gpt": ("models.sequence.gpt:GPT", {}, "a decoder-only transformer (Radford et al. 2019)"),
    "transformer": ("models.sequence.transformer:EncoderDecoder", {}, "encoder and decoder (Vaswani et al. 2017)"),
    "seq2seq": ("models.sequence.seq2seq:Seq2Seq", {}, "recurrent encoder and decoder with attention (Bahdanau et al. 2015)"),
    "char-rnn": ("models.sequence.recurrent:RecurrentLM", {}, "a recurrent language model, RNN, LSTM or GRU"),
    "tagger": ("models.sequence.tagger:Tagger", {}, "BiLSTM with an optional CRF (Huang et al. 2015)"),
    "text-classifier": ("models.sequence.tagger:TextClassifier", {}, "a recurrent network over words, and a class for the whole"),
    "autoencoder": ("models.generative.autoencoder:Autoencoder", {}, "an encoder to a code and a decoder back"),
    "vae": ("models.generative.vae:VAE", {}, "variational autoencoder, 784-400-20 by default (Kingma & Welling 2014)"),
    "gan-generator": ("models.generative.gan:DenseGenerator", {}, "dense generator (Goodfellow et al. 2014)"),
    "gan-discriminator": ("models.generative.gan:DenseDiscriminator", {}, "dense discriminator"),
    "dcgan-generator": ("models.generative.dcgan:DCGANGenerator", {}, "Radford et al. 2016"),
    "dcgan-discriminator": ("models.generative.dcgan:DCGANDiscriminator", {}, "Radford et al. 2016"),
    "r3gan-generator": ("models.generative.r3gan:R3Generator", {}, "residual blocks without normalisation (Huang et al. 2024)"),
    "r3gan-discriminator": ("models.generative.r3gan:R3Discriminator", {}, "its mirror image"),
    "stylegan-generator": ("models.generative.stylegan:StyleGenerator", {}, "styles for each layer (Karras et al. 2019; 2020)"),
    "pixelcnn": ("models.generative.pixelcnn:PixelCNN", {}, "gated, masked convolutions, place after place (van den Oord et al. 2016)"),
    "vq-autoencoder": (
        "models.generative.vqvae:VQAutoencoder",
        {},
        "an encoder to entries of a codebook and back (van den Oord et al. 2017)",
    ),
    "denoising-unet": ("models.generative.denoising_unet:DenoisingUNet", {}, "U-Net that takes noise away, told the time (Ho et al. 2020)"),
    "dit": ("models.generative.dit:DiT", {}, "diffusion transformer (Peebles & Xie 2023)"),
    "word2vec": ("models.sequence.word2vec:Word2Vec", {}, "word vectors (Mikolov et al. 2013)"),
    "cyclegan-generator": ("models.generative.cyclegan:ResNetGenerator", {}, "ResNet generator of CycleGAN, 9 blocks (Zhu et al. 2017)"),
    "cyclegan-generator6": ("models.generative.cyclegan:ResNetGenerator", {"blocks": 6}, "the same with 6 blocks, for 128 pixels"),
    "patchgan70": ("models.generative.patchgan:PatchGAN", {}, "discriminator of 70x70 patches (Isola et al. 2017)"),
    "pix2pix-unet": ("models.generative.pix2pix:UNetGenerator", {}, "U-Net generator of pix2pix for 256 pixels (Isola et al. 2017)"),
    "pix2pix-discriminator": (
        "models.generative.patchgan:PatchGAN",
        {"channels": 6, "norm": "batch"},
        "PatchGAN that sees two images, of pix2pix",
    ),
}


def catalog() -> dict[str, str]:
    """Every network's name with a one-line description."""
    return {name: about for name, (_, _, about) in CATALOG.items()}


def build(name: str, **arguments: Any) -> "nn.Module":
    """The network `name`, built with `arguments`. Raises ValueError for an unknown name or argument."""
    if name not in CATALOG:
        near = difflib.get_close_matches(name, CATALOG, n=3)
        raise ValueError(f"no network {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(CATALOG)}"))
    path, defaults, _ = CATALOG[name]
    module, _, attribute = path.partition(":")
    try:
        return partial(getattr(importlib.import_module(module), attribute), **defaults)(**arguments)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None
