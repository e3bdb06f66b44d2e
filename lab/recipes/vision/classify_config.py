"""Settings of the image classifier and what each does."""

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from lab.config import only, with_defaults
from lab.data.catalogue import subject
from lab.recipes.images_config import ImagesConfig

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
        "lenet5", "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "nin", "googlenet", "resnet18", "resnet34", "resnet50",
        "resnet101", "resnet152", "densenet121", "mobilenet_v1", "mobilenet_v2", "mlp", "linear", "knn", "cnn1d", "vit",
    ] = Field("lenet5", description="The network. Deeper ones can learn more and take longer; linear, mlp and knn are baselines.")  # fmt: skip
    size: int = Field(
        0, ge=0, le=512,
        description="Side of the images in pixels; 0 takes the data's own (at least 28 for networks with maps). Larger shows more and is slower.",
    )  # fmt: skip
    colours: Literal["own", "grey", "rgb"] = Field(
        "own", description="Grey images have one channel, rgb three; own leaves the data as it is."
    )
    validation: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of the training images that is held out to watch. More makes its figures surer and training poorer.",
    )
    validate_every: int = Field(
        100, ge=1, le=1_000_000, description="Steps between two looks at the held-out images. Fewer is finer and slower."
    )
    patience: int = Field(
        0, ge=0, le=100_000,
        description="Early stopping: training ends after this many looks without a lower validation loss, and goes back to the best weights. 0 never stops early.",
    )  # fmt: skip
    batch_size: int = Field(64, ge=1, le=8192, description="Images in one step. Larger is steadier and needs more memory.")
    optimizer: Literal["sgd", "momentum", "nesterov", "rprop", "adagrad", "rmsprop", "adadelta", "adam", "adamw"] = Field(
        "adamw",
        description="How gradients become steps. sgd needs a rate of about 0.1, adam and adamw 0.001, adadelta 1; rprop wants large batches.",
    )
    learning_rate: float = Field(2e-3, gt=0, le=10, description="Step size. Higher learns faster until the loss swings or grows.")
    momentum: float = Field(
        0.9,
        ge=0,
        lt=1,
        description="Share of the last step that is kept, for momentum, nesterov and rmsprop. Higher smooths.",
        json_schema_extra=only(optimizer=("momentum", "nesterov", "rmsprop")),
    )
    weight_decay: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Pull of the weights towards zero. Higher gives smaller weights and less overfitting.",
        json_schema_extra=only(optimizer=("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw")),
    )
    schedule: Literal["constant", "step", "cosine", "linear"] = Field(
        "cosine",
        description="How the step size falls: not at all, by ten at a half and at three quarters, along a cosine, or in a line to zero.",
    )
    schedule_steps: int = Field(
        2_000, ge=1, le=100_000_000, description="Steps until the step size has fallen. Set it to the length of the run."
    )
    warmup_steps: int = Field(50, ge=0, le=1_000_000, description="Steps over which the step size rises at the start. More is gentler.")
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Share of the target that is spread over all classes. Higher makes the network less sure of itself."
    )
    initialisation: Literal["he", "xavier", "normal", "zeros"] = Field(
        "he", description="The first weights: He suits ReLU, Xavier tanh; normal (0.01) fades in deep networks; zeros never learn."
    )
    activation: Literal["own", "relu", "leaky_relu", "prelu", "elu", "softplus", "sigmoid", "tanh"] = Field(
        "own",
        description="The function between layers; own is the network's. sigmoid and tanh saturate in deep networks; ReLU units can die.",
    )
    batch_norm: Literal["on", "own", "off"] = Field(
        "on",
        description="Batch norm: on puts it behind every convolution that has none (without --weights), own leaves the network as published, off takes it out.",
    )
    dropout: float = Field(
        -1.0, ge=-1, lt=1, description="Share of units dropped in training, at the network's dropouts; negative leaves the published share."
    )
    augment_shift: float = Field(0.1, ge=0, le=0.5, description="Training images move by up to this share of their side. More is harder.")
    augment_rotate: float = Field(
        12.0, ge=0, le=180, description="They turn by up to this many degrees. More is harder; digits should stay upright."
    )
    augment_scale: float = Field(0.15, ge=0, le=0.9, description="They grow or shrink by up to this share. More is harder.")
    augment_warp: float = Field(
        0.06, ge=0, le=0.3,
        description="Their parts bend apart by up to this share of the side, as handwriting differs (elastic distortion). More is harder.",
    )  # fmt: skip
    augment_colour: float = Field(
        0.2, ge=0, le=1, description="Their colours mix and their brightness changes by up to this share. More makes colour count for less."
    )
    augment_flip: bool = Field(False, description="Half of them are mirrored. Right for photographs, wrong for digits.")
    augment_erase: float = Field(0.0, ge=0, le=0.9, description="A square of up to this share of their side is blanked. More hides more.")
    test_time_augmentation: int = Field(
        8, ge=1, le=64,
        description="Copies of a test image, the first as it is, the others augmented as in training, whose probabilities are averaged. More is surer and slower.",
    )  # fmt: skip
    weights: str = Field(
        "",
        description="A file of published or own weights to start from (.safetensors or .pth with torchvision's names). Empty starts anew.",
    )
    freeze: str = Field(
        "",
        description="Parts that keep their weights: features (all but the head) or names separated by commas, such as conv1,layer1. Empty trains all.",
    )
    hidden_units: str = Field(
        "128",
        description="Units of the hidden layers, separated by commas. More can represent more.",
        json_schema_extra=only(network="mlp"),
    )
    neighbours: int = Field(
        5, ge=1, le=1000, description="How many neighbours vote. More is smoother.", json_schema_extra=only(network="knn")
    )
    memory: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Images that are remembered. More is surer and slower.",
        json_schema_extra=only(network="knn"),
    )
    auxiliary_weight: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Weight of the auxiliary heads' loss, 0.3 in the paper; 0 leaves the heads out.",
        json_schema_extra=only(network="googlenet"),
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="Arithmetic of the network; weights stay fp32. auto takes bf16 where the hardware has it and the network is large enough.",
    )

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
            raise ValueError("--patience stops by the validation loss: set --validation above 0")
        if self.freeze and not self.weights and self.network == "knn":
            raise ValueError("--freeze: knn has no weights to freeze")
        return self

    @property
    def subject(self) -> str:
        return f"{self.network}-{subject(self.data)}"
