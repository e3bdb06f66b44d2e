"""Recipes, shipped agents and example runs by name, loaded lazily: listing them imports neither torch nor Qt."""

import importlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lab.config import Config
from lab.errors import unknown
from lab.paths import agents_folder


@dataclass(frozen=True)
class Recipe:
    """A name, where its config and its experiment live (`module:Class`), and how long it trains unless told otherwise."""

    name: str
    family: str
    about: str
    config_path: str
    experiment_path: str
    steps: int

    def config_class(self) -> type[Config]:
        return load(self.config_path)

    def experiment_class(self) -> Any:
        return load(self.experiment_path)

    @property
    def is_agent(self) -> bool:
        """Whether it trains an agent that plays one of the emulator's games."""
        return self.config_class().plays_atari


BUILT_IN = (
    Recipe("dqn", "Atari", "DQN with experience replay (Mnih et al. 2015), by the settings in common use.",
           "agents.dqn_config:DQNConfig", "agents.dqn:DQN", 2_000_000),
    Recipe("dqn-fast", "Atari", "Double, dueling, n-step DQN with prioritised replay, tuned to learn soonest.",
           "agents.dqn_config:DQNFastConfig", "agents.dqn:DQN", 500_000),
    Recipe("qr-dqn", "Atari", "DQN that learns each action's distribution of returns by quantile regression (Dabney et al. 2018).",
           "agents.qr_dqn_config:QRDQNConfig", "agents.qr_dqn:QRDQN", 2_000_000),
    Recipe("c51", "Atari", "DQN that learns the probability of each of 51 returns (Bellemare et al. 2017).",
           "agents.c51_config:C51Config", "agents.c51:C51", 2_000_000),
    Recipe("iqn", "Atari", "DQN that learns any quantile of each action's return (Dabney et al. 2018).",
           "agents.iqn_config:IQNConfig", "agents.iqn:IQN", 2_000_000),
    Recipe("rainbow", "Atari", "C51 with noisy layers, dueling, double, three-step and prioritised replay (Hessel et al. 2018).",
           "agents.c51_config:RainbowConfig", "agents.c51:C51", 2_000_000),
    Recipe("beyond-rainbow", "Atari", "IMPALA, IQN and Munchausen in 64 games at once, for a GPU (Clark et al. 2024).",
           "agents.iqn_config:BeyondRainbowConfig", "agents.iqn:IQN", 10_000_000),
    Recipe("pqn", "Atari", "Q-learning from many games at once, without replay and target network (Gallici et al. 2024).",
           "agents.pqn_config:PQNConfig", "agents.pqn:PQN", 10_000_000),
    Recipe("pqn-fast", "Atari", "PQN with small rollouts and minibatches, to learn in some hundred thousand steps.",
           "agents.pqn_config:PQNFastConfig", "agents.pqn:PQN", 400_000),
    Recipe("tabular-q", "Atari", "Q-learning with a table on a small Pac-Man, without a network: the step before DQN (Watkins 1989).",
           "agents.tabular_q_config:TabularQConfig", "agents.tabular_q:TabularQ", 300_000),
    Recipe("dream", "Atari", "A world model: learns a game from its frames, to be played in (after DIAMOND, Alonso et al. 2024).",
           "agents.dream_config:DreamConfig", "agents.dream:Dream", 10_000),
    Recipe("perceptron", "Foundations", "One neuron that learns point by point: perceptron, logistic regression and hinge loss (Rosenblatt 1958).",
           "lab.recipes.foundations.perceptron_config:PerceptronConfig", "lab.recipes.foundations.perceptron:Perceptron", 1_200),
    Recipe("approximation", "Foundations", "One hidden layer of n units bends itself along any curve (Cybenko 1989, Hornik 1991).",
           "lab.recipes.foundations.approximation_config:ApproximationConfig",
           "lab.recipes.foundations.approximation:Approximation", 3_000),
    Recipe("som", "Foundations", "A self-organising map: a net that unfolds over colours, digits or points (Kohonen 1982).",
           "lab.recipes.foundations.som_config:SOMConfig", "lab.recipes.foundations.som:SOM", 6_000),
    Recipe("rbm", "Foundations", "A restricted Boltzmann machine dreams digits; stacked, a deep belief network (Hinton 2002, 2006).",
           "lab.recipes.foundations.rbm_config:RBMConfig", "lab.recipes.foundations.rbm:RestrictedBoltzmann", 3_000),
    Recipe("playground", "Foundations", "A small network on points in the plane, of which every unit can be seen and changed.",
           "lab.recipes.foundations.playground_config:PlaygroundConfig", "lab.recipes.foundations.playground:Playground", 4_000),
    Recipe("activations", "Foundations", "What depth, activation and initialisation do to activations and gradients (Glorot & Bengio 2010).",
           "lab.recipes.foundations.activations_config:ActivationsConfig", "lab.recipes.foundations.activations:Activations", 2_000),
    Recipe("backpropagation", "Foundations", "A small network learns one example, with every number written out (Rumelhart et al. 1986).",
           "lab.recipes.foundations.backpropagation_config:BackpropagationConfig",
           "lab.recipes.foundations.backpropagation:Backpropagation", 30),
    Recipe("likelihood", "Foundations", "Where losses come from: observations come in, and the likeliest parameter is found.",
           "lab.recipes.foundations.likelihood_config:LikelihoodConfig", "lab.recipes.foundations.likelihood:Likelihood", 1_000),
    Recipe("descent", "Foundations", "SGD, momentum, Nesterov, Rprop, Adagrad, RMSprop, Adadelta and Adam on one loss surface.",
           "lab.recipes.foundations.descent_config:DescentConfig", "lab.recipes.foundations.descent:Descent", 1_500),
    Recipe("validation", "Foundations", "Hold-out, k-fold, leave one out and bootstrap, with the spread of their estimates (Kohavi 1995).",
           "lab.recipes.foundations.validation_config:ValidationConfig", "lab.recipes.foundations.validation:Validation", 200),
    Recipe("linear", "Vision", "A linear classifier: each row of W is a template one can look at.",
           "lab.recipes.vision.linear_config:LinearConfig", "lab.recipes.vision.linear:Linear", 3_000),
    Recipe("classify", "Vision", "An image classifier: LeNet-5 to DenseNet, on digits, photographs, games or your own folders.",
           "lab.recipes.vision.classify_config:ClassifyConfig", "lab.recipes.vision.classify:Classify", 2_000),
    Recipe("segment", "Vision", "Segmentation: which thing is each pixel? U-Net or FCN on games, digits or your own masks.",
           "lab.recipes.vision.segment_config:SegmentConfig", "lab.recipes.vision.segment:Segment", 4_000),
    Recipe("detect", "Vision", "Detection: a box and a class for each moving thing, live in a game; in one pass (YOLO, SSD) or by regions (R-CNNs).",
           "lab.recipes.vision.detect_config:DetectConfig", "lab.recipes.vision.detect:Detect", 1_500),
    Recipe("locate", "Vision", "Localisation: which thing, and the box around it; also learned from classes alone (CAM).",
           "lab.recipes.vision.locate_config:LocateConfig", "lab.recipes.vision.locate:Locate", 1_500),
    Recipe("style", "Vision", "Style transfer: a picture painted in the manner of another, by descent on its pixels (Gatys et al. 2016).",
           "lab.recipes.vision.style_config:StyleConfig", "lab.recipes.vision.style:Style", 200),
    Recipe("ngram", "Sequences", "Counts what follows what: n-grams with Kneser-Ney or Katz smoothing, to be beaten by networks.",
           "lab.recipes.sequence.ngram_config:NGramConfig", "lab.recipes.sequence.ngram:NGramRecipe", 100),
    Recipe("siamese", "Vision", "Metric learning: are two pictures of the same thing? One template a class is enough (FaceNet, Schroff et al. 2015).",
           "lab.recipes.vision.siamese_config:SiameseConfig", "lab.recipes.vision.siamese:Siamese", 1_500),
    Recipe("bengio", "Sequences", "The neural language model of 2003: vectors of the last words, a tanh layer, a softmax (Bengio et al. 2003).",
           "lab.recipes.sequence.bengio_config:BengioConfig", "lab.recipes.sequence.bengio:Bengio", 1_500),
    Recipe("gpt", "Sequences", "A GPT on characters or bytes: writes text after a prompt.",
           "lab.recipes.sequence.gpt_config:GPTConfig", "lab.recipes.sequence.gpt:GPT", 2_000),
    Recipe("char-rnn", "Sequences", "An RNN, LSTM or GRU language model with truncated back-propagation through time.",
           "lab.recipes.sequence.char_rnn_config:CharRNNConfig", "lab.recipes.sequence.char_rnn:CharRNN", 2_000),
    Recipe("seq2seq", "Sequences", "Translation: encoder and decoder, recurrent with or without attention, or a transformer.",
           "lab.recipes.sequence.seq2seq_config:Seq2SeqConfig", "lab.recipes.sequence.seq2seq:Seq2Seq", 1_500),
    Recipe("tag", "Sequences", "A bidirectional LSTM, with or without CRF, tags Python source, or names in sentences.",
           "lab.recipes.sequence.tag_config:TagConfig", "lab.recipes.sequence.tag:Tag", 600),
    Recipe("text-class", "Sequences", "Which section of the documentation is this sentence from? Any labelled TSV.",
           "lab.recipes.sequence.text_class_config:TextClassConfig", "lab.recipes.sequence.text_class:TextClass", 600),
    Recipe("forecast", "Sequences", "Predict a series: the emulator's memory while an agent plays, or any CSV.",
           "lab.recipes.sequence.forecast_config:ForecastConfig", "lab.recipes.sequence.forecast:Forecast", 1_000),
    Recipe("word2vec", "Sequences", "Word vectors by skip-gram or CBOW, negative sampling or hierarchical softmax (Mikolov et al. 2013).",
           "lab.recipes.sequence.word2vec_config:Word2VecConfig", "lab.recipes.sequence.word2vec:Word2Vec", 5_000),
    Recipe("glove", "Sequences", "Word vectors from counts of which words stand near each other (Pennington et al. 2014).",
           "lab.recipes.sequence.glove_config:GloVeConfig", "lab.recipes.sequence.glove:GloVeRecipe", 3_000),
    Recipe("ntm", "Sequences", "A neural Turing machine, a network that reads and writes a memory: copies, repeats, sorts (Graves et al. 2014).",
           "lab.recipes.sequence.ntm_config:NTMConfig", "lab.recipes.sequence.ntm:NTMRecipe", 3_000),
    Recipe("captions", "Sequences", "Pictures into words: a convolutional network sees, an LSTM tells, and each word looks somewhere (Xu et al. 2015).",
           "lab.recipes.sequence.captions_config:CaptionsConfig", "lab.recipes.sequence.captions:CaptionsRecipe", 2_000),
    Recipe("autoencoder", "Generate", "An autoencoder: undercomplete, denoising or sparse, dense or convolutional.",
           "lab.recipes.generative.autoencoder_config:AutoencoderConfig", "lab.recipes.generative.autoencoder:Autoencoder", 5_000),
    Recipe("vae", "Generate", "The variational autoencoder, and beta-VAE (Kingma & Welling 2014).",
           "lab.recipes.generative.vae_config:VAEConfig", "lab.recipes.generative.vae:VAE", 5_000),
    Recipe("cvae", "Generate", "The conditional VAE: one chooses the class that it draws (Sohn et al. 2015).",
           "lab.recipes.generative.cvae_config:CVAEConfig", "lab.recipes.generative.cvae:CVAE", 5_000),
    Recipe("gan", "Generate", "The generative adversarial network of dense layers (Goodfellow et al. 2014).",
           "lab.recipes.generative.gan_config:GANConfig", "lab.recipes.generative.gan:GAN", 10_000),
    Recipe("dcgan", "Generate", "DCGAN: the GAN of convolutions (Radford et al. 2016).",
           "lab.recipes.generative.dcgan_config:DCGANConfig", "lab.recipes.generative.dcgan:DCGAN", 6_000),
    Recipe("cgan", "Generate", "The conditional GAN: one chooses the class that it draws (Mirza & Osindero 2014).",
           "lab.recipes.generative.cgan_config:CGANConfig", "lab.recipes.generative.cgan:CGAN", 4_000),
    Recipe("wgan-gp", "Generate", "The Wasserstein GAN with gradient penalty (Gulrajani et al. 2017).",
           "lab.recipes.generative.wgan_gp_config:WGANGPConfig", "lab.recipes.generative.wgan_gp:WGANGP", 3_000),
    Recipe("r3gan", "Generate", "R3GAN: a relativistic loss and two penalties in place of all tricks (Huang et al. 2024).",
           "lab.recipes.generative.r3gan_config:R3GANConfig", "lab.recipes.generative.r3gan:R3GAN", 10_000),
    Recipe("stylegan", "Generate", "StyleGAN: styles from coarse to fine, mixed and truncated (Karras et al. 2019; 2020).",
           "lab.recipes.generative.stylegan_config:StyleGANConfig", "lab.recipes.generative.stylegan:StyleGAN", 4_000),
    Recipe("pixelcnn", "Generate", "PixelCNN: one pixel after the other, with exact likelihood (van den Oord et al. 2016).",
           "lab.recipes.generative.pixelcnn_config:PixelCNNConfig", "lab.recipes.generative.pixelcnn:PixelCNN", 3_000),
    Recipe("vqvae", "Generate", "VQ-VAE: images as grids of codes, drawn by a PixelCNN (van den Oord et al. 2017).",
           "lab.recipes.generative.vqvae_config:VQVAEConfig", "lab.recipes.generative.vqvae:VQVAE", 8_000),
    Recipe("flow", "Generate", "Rectified flow (flow matching): a few steps from noise to picture (Liu et al. 2023).",
           "lab.recipes.generative.flow_config:FlowConfig", "lab.recipes.generative.flow:Flow", 5_000),
    Recipe("ddpm", "Generate", "Denoising diffusion, drawn by DDIM or DDPM (Ho et al. 2020).",
           "lab.recipes.generative.ddpm_config:DDPMConfig", "lab.recipes.generative.ddpm:DDPM", 5_000),
    Recipe("meanflow", "Generate", "A flow in one step, which a hand can drag (Geng et al. 2025).",
           "lab.recipes.generative.meanflow_config:MeanFlowConfig", "lab.recipes.generative.meanflow:MeanFlow", 4_000),
    Recipe("toy-gan", "Generate", "A GAN of points in the plane, with D as a coloured surface: learns in seconds.",
           "lab.recipes.generative.toy_config:ToyGANConfig", "lab.recipes.generative.toy_gan:ToyGAN", 5_000),
    Recipe("toy-flow", "Generate", "A flow of points in the plane, with their ways from noise: learns in seconds.",
           "lab.recipes.generative.toy_config:ToyFlowConfig", "lab.recipes.generative.toy_flow:ToyFlow", 5_000),
    Recipe("cyclegan", "Generate", "CycleGAN: translates between two domains without pairs (Zhu et al. 2017), small images.",
           "lab.recipes.generative.cyclegan_config:CycleGANConfig", "lab.recipes.generative.cyclegan:CycleGAN", 700),
    Recipe("cyclegan-256", "Generate", "CycleGAN with the published settings, for 256 pixels and a GPU.",
           "lab.recipes.generative.cyclegan_config:CycleGAN256Config", "lab.recipes.generative.cyclegan:CycleGAN", 266_800),
    Recipe("pix2pix", "Generate", "pix2pix: learns from pairs to draw one picture from another (Isola et al. 2017), small images.",
           "lab.recipes.generative.pix2pix_config:Pix2PixConfig", "lab.recipes.generative.pix2pix:Pix2Pix", 1_200),
    Recipe("pix2pix-256", "Generate", "pix2pix with the published networks, for 256 pixels and a GPU.",
           "lab.recipes.generative.pix2pix_config:Pix2Pix256Config", "lab.recipes.generative.pix2pix:Pix2Pix", 200_000),
)  # fmt: skip

SHIPPED = ("agents/pretrained",)
"""Folders beside this package that hold shipped agents, one sub-folder each."""
EXAMPLES = Path(__file__).resolve().parent / "examples"
"""The folder of the example runs, one sub-folder each."""


def load(path: str) -> Any:
    """The object at `module:name`."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def recipes() -> dict[str, Recipe]:
    """Every recipe by name: the built-in ones and those of the entry point group `lab.recipes` (each a `Recipe`)."""
    return {**{recipe.name: recipe for recipe in BUILT_IN}, **installed()}


@lru_cache(maxsize=1)
def installed() -> dict[str, Recipe]:
    """The recipes of other packages. Looked for once: every run on disk asks for its recipe, and looking takes milliseconds."""
    names = {recipe.name for recipe in BUILT_IN}
    return {point.name: point.load() for point in entry_points(group="lab.recipes") if point.name not in names}


def recipe(name: str) -> Recipe:
    known = recipes()
    if name not in known:
        raise unknown("recipe", name, known)
    return known[name]


def shipped() -> dict[str, Path]:
    """Shipped agents by name, such as `pong` or `pong-pqn`: a folder with config.json, evaluation.json, metrics.jsonl and serving.safetensors."""
    root = Path(__file__).resolve().parent.parent
    folders = (path for folder in SHIPPED for path in sorted((root / folder).glob("*/config.json")))
    return {path.parent.name: path.parent for path in folders}


def examples(family: str | None = None) -> dict[str, Path]:
    """The small finished runs that come with the lab, such as `vae-mnist`: folders as those of shipped agents. Of one family, or all."""
    known, order = recipes(), [entry.name for entry in BUILT_IN]
    recipe_of = {path.parent: json.loads(path.read_text())["recipe"] for path in sorted(EXAMPLES.glob("*/config.json"))}
    ranked = sorted(recipe_of, key=lambda path: order.index(recipe_of[path]) if recipe_of[path] in order else len(order))
    return {path.name: path for path in ranked if family in (None, known[recipe_of[path]].family)}


def example_record(path: Path) -> dict[str, Any]:
    """The recipe, data, figures and training of an example run."""
    stored = json.loads((path / "config.json").read_text())
    figures = json.loads((path / "evaluation.json").read_text())
    return {
        "recipe": stored["recipe"],
        "data": stored["config"].get("data") or stored["config"].get("game"),
        "figures": figures,
        **stored["training"],
    }


def example_about(path: Path) -> str:
    """One line about an example run: its recipe, its data, and how far it was trained."""
    record = example_record(path)
    return f"{record['recipe']} on {record['data']}, trained for {record['steps']:,} steps"


def imported() -> dict[str, Path]:
    """The agents that the user has imported by name: a file each (`lab.agent_file`)."""
    return {path.stem: path for path in sorted(agents_folder().glob("*.safetensors"))}


def best_agent(game: str) -> str | None:
    """The name of the shipped agent with the highest mean score in a game, or None."""
    records = {name: shipped_record(path) for name, path in shipped().items()}
    playing = [name for name, record in records.items() if record["game"] == game]
    return max(playing, key=lambda name: records[name]["mean"] or 0.0, default=None)


def shipped_record(path: Path) -> dict[str, Any]:
    """The recipe, game, scores and training of a shipped agent or an agent's file; what was not measured is None."""
    if path.is_file():
        from lab.agent_file import read_records

        stored, figures = read_records(path)
    else:
        stored = json.loads((path / "config.json").read_text())
        file = path / "evaluation.json"
        figures = json.loads(file.read_text()) if file.exists() else {}
    scores = ("mean", "sticky_mean", "human", "human_source", "human_normalised", "episodes", "protocol", "sticky_protocol")
    training = ("command", "steps", "hours", "machine")
    return {
        "recipe": stored["recipe"], "game": stored.get("subject"), **{name: figures.get(name) for name in scores},
        **{name: stored.get("training", {}).get(name) for name in training},
    }  # fmt: skip


def shipped_about(path: Path) -> str:
    """One line about a shipped agent or an agent's file: its recipe, its game, its scores and how long it trained."""
    record = shipped_record(path)
    parts = [f"{record['recipe']} on {record['game']}"]
    if record["mean"] is not None:
        parts.append(f"mean score {record['mean']:,.5g} over {record['episodes']} episodes")
    if record["sticky_mean"] is not None:
        parts.append(f"{record['sticky_mean']:,.5g} with sticky actions (0.25)")
    if record["human"] is not None:
        parts.append(f"human {record['human']:,g} ({record['human_source']})")
    if record["hours"] is not None:
        parts.append(f"trained for {record['steps']:,} steps, {record['hours']:.2g} hours")
    return ", ".join(parts)
