"""Settings of the image classifier and what each does."""

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import only, unit, unless, with_defaults, words
from lab.data.catalogue import subject
from lab.recipes.images_config import ImagesConfig
from models.vision.layer_list import read_layers, written

TWENTY = (
    "alien,asterix,bank_heist,beam_rider,boxing,breakout,enduro,freeway,frostbite,gopher,hero,kangaroo,ms_pacman,pong,qbert,"
    "riverraid,road_runner,seaquest,space_invaders,tennis"
)


class ClassifyConfig(with_defaults(ImagesConfig, "ClassifyDefaults", games=TWENTY, frames=500)):  # type: ignore[misc]
    """An image classifier: any network on any labelled images."""

    explanation: ClassVar[str] = """<h3>Image classifier</h3>
<p>A <b>classifier</b> turns an image x into a score s<sub>k</sub> for each class, and the scores into probabilities
p<sub>k</sub> = e<sup>s<sub>k</sub></sup> / &Sigma;<sub>j</sub> e<sup>s<sub>j</sub></sup>. Training moves the weights against the gradient of the
mean <b>cross-entropy</b> &minus;log p<sub>y</sub> of the true class y, one mini-batch at a time.</p>
<p>A <b>convolution</b> slides the same small filter over the whole image; pooling and stride shrink the maps and widen what each
position sees (its receptive field, in the view <i>layer table</i>). Networks here: LeNet-5
(<a href="http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf">LeCun et al. 1998</a>), AlexNet, VGG
(<a href="https://arxiv.org/abs/1409.1556">2015</a>), Network in Network (<a href="https://arxiv.org/abs/1312.4400">2014</a>), GoogLeNet
(<a href="https://arxiv.org/abs/1409.4842">2015</a>), ResNet (<a href="https://arxiv.org/abs/1512.03385">2016</a>), DenseNet
(<a href="https://arxiv.org/abs/1608.06993">2017</a>), MobileNet (<a href="https://arxiv.org/abs/1704.04861">V1</a>,
<a href="https://arxiv.org/abs/1801.04381">V2</a>).</p>
<p><b>Where it looks.</b> <i>CAM</i> (<a href="https://arxiv.org/abs/1512.04150">Zhou et al. 2016</a>): &Sigma;<sub>k</sub> w<sub>k</sub><sup>c</sup>
A<sup>k</sup>, the last maps weighted by the class's row of the head, for networks that end in global average pooling. <i>Grad-CAM</i>
(<a href="https://arxiv.org/abs/1610.02391">Selvaraju et al. 2017</a>): relu(&Sigma;<sub>k</sub> a<sub>k</sub> A<sup>k</sup>) with a<sub>k</sub> the mean
of &part;s<sub>c</sub>/&part;A<sup>k</sup>; on those networks it equals CAM up to scale. <i>Augmented Grad-CAM</i> (Morbidelli et al. 2020): the sharp map
that explains the coarse ones of many rotated and shifted copies. <i>RISE</i> (<a href="https://arxiv.org/abs/1806.07421">Petsiuk et al. 2018</a>): the
mean of random masks, weighted by the probability under each. <i>Occlusion</i> (<a href="https://arxiv.org/abs/1311.2901">Zeiler &amp; Fergus
2014</a>): how far the probability falls where a patch covers the image.</p>
<p><b>During training.</b> <i>Training curves</i> compare training with held-out images: when the held-out loss rises, the network overfits;
the vertical line marks the best step, to which early stopping returns. <i>Layer statistics</i> show the gradient of every layer: where it falls by
powers of ten from layer to layer, it vanishes (try sigmoid in a deep network); units that give the same output for every image are dead (try ReLU
with a high learning rate).</p>
"""
    pages: ClassVar[tuple[str, ...]] = ("inspect",)
    first_views: ClassVar[tuple[str, ...]] = ("training_curves", "confusion", "layer_statistics", "filters")

    network: Literal[
        "lenet5", "alexnet", "alexnet-lrn", "vgg11", "vgg13", "vgg16", "vgg19", "nin", "googlenet", "googlenet-5x5", "resnet20", "resnet56", "plain20", "plain56", "resnet18", "resnet34", "resnet50",
        "resnet101", "resnet152", "densenet121", "mobilenet_v1", "mobilenet_v2", "mlp", "linear", "knn", "cnn1d", "vit", "layers",
    ] = Field("lenet5", description="Network. Deeper ones have more capacity and are slower; linear, mlp and knn are baselines. layers is your own list; layers:FILE reads it from a file.")  # fmt: skip
    size: int = Field(
        0, ge=0, le=512,
        description="Image size in pixels; 0 keeps the data's own (at least 28 for convolutional networks). Larger shows more and is slower.", json_schema_extra=unit("pixels") | words({0: "the data's own"}))  # fmt: skip
    colours: Literal["own", "grey", "rgb"] = Field(
        "own",
        description="Convert images to greyscale (one channel) or rgb (three); own keeps the data as they are.",
        json_schema_extra=words({"own": "the data's own"}),
    )
    validation: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Fraction of the training images held out for validation. More makes validation more reliable and leaves less to train on.",
    )
    folds: int = Field(
        0, ge=0, le=100_000,
        description="Cross-validation: the training images are divided into so many parts, and validation is one of them (fold) in place of a fraction. More leave more to train on; as many as there are images leave one out.",
        json_schema_extra=unit("parts") | words({0: "off"}),
    )  # fmt: skip
    fold: int = Field(
        0, ge=0, le=100_000, description="Which of the parts is held out, from 0. One run for each of them gives mean and spread: lab sweep classify --grid fold=0,1,2,3,4. Higher numbers are other parts.",
        json_schema_extra=unless(folds=0),
    )  # fmt: skip
    labels: int = Field(
        0, ge=0, le=10_000_000,
        description="Labelled training images, as many of each class; the rest are left out. Fewer show what pretrained weights (--weights) are worth.",
        json_schema_extra=unit("images") | words({0: "all"}),
    )  # fmt: skip
    validate_every: int = Field(
        100,
        ge=1,
        le=1_000_000,
        description="Validation interval in steps. Lower shows more and slows training.",
        json_schema_extra=unit("steps") | unless(validation=0.0),
    )
    patience: int = Field(
        0, ge=0, le=100_000,
        description="Early stopping: stop after this many validations without a lower loss and restore the best weights. More wait longer for an improvement; 0 never stops early.", json_schema_extra=unit("validations") | words({0: "off"}) | unless(network="knn", validation=0.0))  # fmt: skip
    batch_size: int = Field(
        64, ge=1, le=8192, description="Images per step. Larger is more stable and needs more memory.", json_schema_extra=unit("images")
    )
    optimizer: Literal["sgd", "momentum", "nesterov", "rprop", "adagrad", "rmsprop", "adadelta", "adam", "adamw"] = Field(
        "adamw",
        description="Optimiser. sgd needs a learning rate of about 0.1, adam and adamw 0.001, adadelta 1; rprop needs large batches.",
        json_schema_extra=unless(network="knn"),
    )
    learning_rate: float = Field(
        2e-3,
        gt=0,
        le=10,
        description="Learning rate. Higher learns faster until the loss oscillates or grows.",
        json_schema_extra=unless(network="knn"),
    )
    momentum: float = Field(
        0.9,
        ge=0,
        lt=1,
        description="Momentum of momentum, nesterov and rmsprop. Higher smooths more.",
        json_schema_extra=words({0.0: "off"}) | only(optimizer=("momentum", "nesterov", "rmsprop")),
    )
    weight_decay: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Weight decay. Higher gives smaller weights and less overfitting.",
        json_schema_extra=words({0.0: "off"})
        | only(optimizer=("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw")),
    )
    schedule: Literal["constant", "step", "cosine", "linear"] = Field(
        "cosine",
        description="Learning rate schedule: constant, step (/10 at 50 % and 75 %), cosine, or linear to 0.",
        json_schema_extra=unless(network="knn"),
    )
    schedule_steps: int = Field(
        2_000,
        ge=1,
        le=100_000_000,
        description="Step at which the learning rate schedule ends. Higher keeps the rate high for longer; best set to the length of the run.",
        json_schema_extra=unit("steps") | unless(network="knn", schedule="constant"),
    )
    warmup_steps: int = Field(
        50,
        ge=0,
        le=1_000_000,
        description="Warm-up steps, over which the learning rate rises linearly. More are gentler.",
        json_schema_extra=unit("steps") | words({0: "off"}) | unless(network="knn"),
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Label smoothing: fraction of the target spread over all classes. Higher makes the network less confident.",
        json_schema_extra=words({0.0: "off"}) | unless(network="knn"),
    )
    class_balance: float = Field(
        0.0, ge=0, le=1,
        description="Weights of classes in the loss: their frequency to minus this power. Higher finds more of the rare classes; 1 gives every class the same say.",
        json_schema_extra=words({0.0: "off"}) | unless(network="knn"),
    )  # fmt: skip
    l1: float = Field(
        0.0, ge=0, le=1, description="L1: this times the sum of all weights' absolute values is added to the loss. Higher leaves fewer weights that are not near 0.",
        json_schema_extra=words({0.0: "off"}) | unless(network="knn"),
    )  # fmt: skip
    initialisation: Literal["he", "xavier", "lecun", "normal", "big", "zeros"] = Field(
        "he",
        description="Weight initialisation: He suits ReLU, Xavier and lecun (variance 1/n) tanh; with normal (0.01) signals fade in deep networks, big ones (1) saturate; zeros never learn.",
        json_schema_extra=unless(network="knn"),
    )
    activation: Literal["own", "relu", "leaky_relu", "prelu", "elu", "softplus", "sigmoid", "tanh"] = Field(
        "own",
        description="Activation function between layers; own keeps the network's. sigmoid and tanh saturate in deep networks; ReLU units can die.",
        json_schema_extra=words({"own": "the network's own"}) | unless(network=("linear", "knn", "vit")),
    )
    pooling: Literal["own", "max", "average"] = Field(
        "own", description="Pooling of windows: their maxima or their means; own keeps the network's. Maxima usually do better; LeNet-5 was published with means.",
        json_schema_extra=words({"own": "the network's own"}) | unless(network=("mlp", "linear", "knn", "vit", "layers")),
    )  # fmt: skip
    batch_norm: Literal["on", "own", "off"] = Field(
        "on",
        description="Batch norm: on adds it after every convolution that lacks it (not with --weights), own keeps the published network, off removes it.",
        json_schema_extra=words({"own": "the network's own"}) | unless(network=("mlp", "linear", "knn", "vit", "layers")),
    )
    dropout: float = Field(
        -1.0,
        ge=-1,
        lt=1,
        description="Dropout rate at the network's dropout layers. Higher regularises more; negative keeps the published rate.",
        json_schema_extra=words({-1.0: "the network's own"}) | unless(network=("linear", "knn")),
    )
    augment_shift: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Augmentation: shift by up to this fraction of the image side. Higher is harder.",
        json_schema_extra=words({0.0: "off"}),
    )
    augment_rotate: float = Field(
        12.0,
        ge=0,
        le=180,
        description="Augmentation: rotate by up to this many degrees. Higher is harder; digits should stay upright.",
        json_schema_extra=unit("degrees") | words({0.0: "off"}),
    )
    augment_scale: float = Field(
        0.15,
        ge=0,
        le=0.9,
        description="Augmentation: scale up or down by up to this fraction. Higher is harder.",
        json_schema_extra=words({0.0: "off"}),
    )
    augment_warp: float = Field(
        0.06, ge=0, le=0.3,
        description="Augmentation: elastic distortion by up to this fraction of the image side, as handwriting varies. Higher is harder.", json_schema_extra=words({0.0: "off"}),
    )  # fmt: skip
    augment_colour: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Augmentation: colours mix and brightness changes by up to this fraction. Higher makes the network rely less on colour.",
        json_schema_extra=words({0.0: "off"}) | unless(colours="grey"),
    )
    augment_flip: bool = Field(False, description="Augmentation: mirror images at random. Right for photographs, wrong for digits.")
    augment_erase: float = Field(
        0.0,
        ge=0,
        le=0.9,
        description="Augmentation: blank a square with sides up to this fraction of the image. Higher hides more.",
        json_schema_extra=words({0.0: "off"}),
    )
    test_time_augmentation: int = Field(
        8, ge=1, le=64,
        description="Average the probabilities of this many copies of each test image: the original and augmented ones. More are more accurate and slower.", json_schema_extra=unit("copies"),
    )  # fmt: skip
    weights: str = Field(
        "",
        description="Weights to start from: a file (.safetensors or .pth with torchvision's names), or a run of autoencoder or vae, whose encoder begins the mlp. Empty starts from scratch.",
        json_schema_extra=words({"": "none"}) | unless(network="knn"),
    )
    freeze: str = Field(
        "",
        description="Layers to freeze: features (all but the head) or names separated by commas, such as conv1,layer1. Empty trains everything.",
        json_schema_extra=words({"": "nothing"}) | unless(network="knn"),
    )
    hidden_units: str = Field(
        "128",
        description="Units of the hidden layers, separated by commas. More have more capacity.",
        json_schema_extra=only(network="mlp"),
    )
    layers: str = Field(
        "conv 8 3, pool 2, conv 16 3, pool 2, conv 24 3, gap, dense 64, dense classes",
        description="Layers, separated by commas: conv FILTERS SIDE, pool SIDE, average SIDE, batch norm, dropout RATE, gap, gmp, flatten, dense UNITS; the last is dense classes. More layers have more capacity and are slower.",
        json_schema_extra=only(network="layers"),
    )
    neighbours: int = Field(
        5,
        ge=1,
        le=1000,
        description="Number of neighbours that vote (k). More is smoother.",
        json_schema_extra=unit("images") | only(network="knn"),
    )
    memory: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Images to remember. More are more accurate and slower.",
        json_schema_extra=unit("images") | only(network="knn"),
    )
    auxiliary_weight: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Weight of the auxiliary heads' loss: 0.3 in the paper; 0 removes the heads. Higher drives the lower layers harder.",
        json_schema_extra=words({0.0: "off"}) | only(network=("googlenet", "googlenet-5x5")),
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the network; weights stay in fp32. auto uses bf16 where the hardware supports it and the network is large enough.",
    )

    @model_validator(mode="before")
    @classmethod
    def layers_of_file(cls, values: Any) -> Any:
        """`network="layers:FILE"` as the list that the file holds, so that a run needs the file no more."""
        network = values.get("network") if isinstance(values, dict) else None
        if not isinstance(network, str) or not network.startswith("layers:"):
            return values
        path = Path(network.removeprefix("layers:")).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"--network layers:{path} can't be read: {getattr(error, 'strerror', None) or 'it is no text'}") from None
        return {**values, "network": "layers", "layers": text}

    @field_validator("layers")
    @classmethod
    def readable_layers(cls, value: str) -> str:
        return written(read_layers(value))

    @field_validator("hidden_units")
    @classmethod
    def whole_numbers(cls, value: str) -> str:
        units = [part.strip() for part in value.split(",")]
        if not all(part.isdigit() and 0 < int(part) <= 65_536 for part in units):
            raise ValueError("must be whole numbers from 1 to 65536 separated by commas, such as 256,128")
        return ",".join(units)

    @model_validator(mode="after")
    def fits(self) -> "ClassifyConfig":
        if self.data == "atari" and len(self.games.split(",")) < 2:
            raise ValueError(f"--games must name at least two games to tell apart, got {self.games!r}")
        if self.patience and not self.validation:
            raise ValueError("--patience needs a validation loss: set --validation above 0")
        if self.folds and not self.validation:
            raise ValueError("--folds needs a validation: set --validation above 0")
        if self.folds == 1 or (self.folds and self.fold >= self.folds):
            raise ValueError(f"--fold must be below --folds, which must be at least 2, got {self.fold} of {self.folds}")
        if self.freeze and not self.weights and self.network == "knn":
            raise ValueError("--freeze: knn has no weights to freeze")
        return self

    @property
    def subject(self) -> str:
        return f"{self.network}-{subject(self.data)}"
