"""The presets that come with the lab, a table by recipe: something to look at soon, the settings of the papers, those of the best figures. Read first: `BUILT_IN`."""

from dataclasses import dataclass
from typing import Any

QUICK, PUBLISHED, BEST, LARGE = "quick look", "as published", "best", "for a GPU"


@dataclass(frozen=True)
class Preset:
    """Settings that differ from the recipe's defaults, and how long to train; without a length it is the recipe's."""

    about: str
    fields: dict[str, Any]
    steps: int | None = None
    minutes: float | None = None

    def length(self) -> dict[str, int | float]:
        """As `lab.api.train` takes it."""
        return {name: value for name, value in (("steps", self.steps), ("minutes", self.minutes)) if value is not None}


def quick(steps: int, /, **fields: Any) -> Preset:
    return Preset(f"{steps:,} steps: something to look at soon, far from the best.", fields, steps)


def best(figure: str, steps: int, /, **fields: Any) -> Preset:
    """The settings of the best figure in docs/results.md."""
    return Preset(f"The best so far of docs/results.md: {figure}.", fields, steps)


AGENT_STEPS = 50_000_000
"""200 million frames, each action held for four."""
PUBLISHED_AGENT: dict[str, Any] = {
    "envs": 1,
    "life_loss_terminal": True,
    "learning_starts": 50_000,
    "epsilon_steps": 250_000,
    "target_interval": 10_000,
}
"""As published, the agents of one game differ from the recipes' defaults in these."""
DIFFUSION: dict[str, Any] = {
    "features": 128, "batch_size": 128, "learning_rate": 2e-4, "warmup": 5_000, "ema": 0.9999, "class_dropout": 0.0, "guidance": 1.0,
}  # fmt: skip
"""The U-Net on CIFAR-10 of Ho et al. 2020, and of those after them."""
QUICK_PICTURES: dict[str, Any] = {"features": 16, "batch_size": 32, "size": 16, "learning_rate": 4e-3, "warmup": 20, "quality_every": 0}
"""A small U-Net on small pictures: digits after half a minute of one core."""
QUICK_AGENT: dict[str, Any] = {"envs": 4, "learning_starts": 1_000, "replay_capacity": 20_000, "epsilon_steps": 4_000}
"""Half a minute of one core with `dqn`: each of four games of Pong ends once."""

MEMORY: dict[str, Any] = {
    "attention": "none", "bidirectional": False, "hidden": 64, "width": 16, "batch_size": 32, "learning_rate": 4e-3, "decay_steps": 2_500,
}  # fmt: skip
"""A small encoder and decoder with nothing but the state of their cells between them."""

BUILT_IN: dict[str, dict[str, Preset]] = {
    "dqn": {
        QUICK: quick(6_000, **QUICK_AGENT),
        PUBLISHED: Preset(
            "Memory, exploration and target network of Mnih et al. 2015; Adam as in Hessel et al. 2018 in place of RMSProp.",
            {
                "envs": 1, "epsilon_end": 0.1, "epsilon_steps": 1_000_000, "learning_starts": 50_000, "replay_capacity": 1_000_000,
                "target_interval": 10_000, "life_loss_terminal": True, "learning_rate": 6.25e-5, "adam_eps": 1.5e-4,
                "learning_rate_end": 1.0, "eval_epsilon": 0.05,
            },
            AGENT_STEPS,
        ),
        BEST: best("a mean of 19.0 on Pong", 844_240),
        "as in the notes": Preset(
            "The loop before replay memory and target network: one game, and each step learns from its own transition alone; the values run away within some hundred steps.",
            {"replay": "off", "envs": 1, "batch_size": 1, "train_every": 1, "learning_starts": 1, "replay_capacity": 1_000},
            50_000,
        ),
    },
    "dqn-fast": {QUICK: quick(6_000, **QUICK_AGENT), BEST: best("a mean of 16.05 on Pong, in the least steps", 347_424)},
    "qr-dqn": {
        QUICK: quick(6_000, **QUICK_AGENT),
        PUBLISHED: Preset("200 quantiles, 200 million frames of one game (Dabney et al. 2018a).", PUBLISHED_AGENT, AGENT_STEPS),
    },
    "c51": {
        QUICK: quick(6_000, **QUICK_AGENT),
        PUBLISHED: Preset("51 atoms, 200 million frames of one game (Bellemare et al. 2017).", PUBLISHED_AGENT, AGENT_STEPS),
    },
    "iqn": {
        QUICK: quick(4_000, **QUICK_AGENT),
        PUBLISHED: Preset(
            "64 fractions to learn from and 32 to act by, 200 million frames of one game (Dabney et al. 2018b).",
            {**PUBLISHED_AGENT, "fractions": 64, "acting_fractions": 32},
            AGENT_STEPS,
        ),
    },
    "rainbow": {
        QUICK: quick(3_500, envs=4, learning_starts=1_000, replay_capacity=20_000),
        PUBLISHED: Preset(
            "One game, 200 million frames, over which beta goes to 1 (Hessel et al. 2018).",
            {"envs": 1, "life_loss_terminal": True, "priority_beta_steps": AGENT_STEPS},
            AGENT_STEPS,
        ),
    },
    "beyond-rainbow": {
        QUICK: quick(
            20_000, envs=8, batch_size=32, train_every=8, learning_starts=1_000, replay_capacity=20_000, trunk_width=1, epsilon_steps=10_000
        ),
        PUBLISHED: Preset(
            "200 million frames from 64 games at once, over which beta goes to 1 (Clark et al. 2024); for a GPU.",
            {"priority_beta_steps": AGENT_STEPS},
            AGENT_STEPS,
        ),
    },
    "pqn": {
        QUICK: quick(20_000, envs=16, minibatches=8, epsilon_steps=5_000, learning_rate_steps=20_000),
        PUBLISHED: Preset(
            "200 million frames from 128 games at once, a tenth of them with a falling epsilon (Gallici et al. 2024); for a GPU.",
            {"life_loss_terminal": True, "epsilon_steps": 5_000_000, "learning_rate_steps": AGENT_STEPS},
            AGENT_STEPS,
        ),
        BEST: best("a mean of 19.4 on Pong after 40 minutes of two cores", 2_700_000, epsilon_steps=200_000, learning_rate_steps=2_700_000),
    },
    "pqn-fast": {
        QUICK: quick(20_000, envs=16, minibatches=8, epsilon_steps=5_000, learning_rate_steps=20_000),
        BEST: best(
            "a mean of 12,057 on Road Runner, a human's 7,845", 600_000, centred=True, trace=0.8, epsilon_steps=50_000, learning_rate_steps=600_000
        ),
    },
    "tabular-q": {
        QUICK: quick(30_000, maze="tiny", epsilon_steps=15_000, learning_rate_steps=20_000),
        BEST: best("all of 200 games won in the small maze", 300_000),
    },
    "linear": {QUICK: quick(500), BEST: best("an accuracy of 0.919 on the digits", 3_000)},
    "dream": {
        QUICK: quick(150, frames=1_500, batch_size=8, features=16, overview=64, horizon_steps=100, learning_rate_steps=150),
        LARGE: Preset(
            "Three times the weights, in larger batches.",
            {
                "frames": 64_000, "batch_size": 128, "features": 64, "overview": 512, "recall": 192, "learning_rate_steps": 6_000,
            },
            6_000,
        ),
    },
    "som": {QUICK: quick(500), "digits": Preset("Digits that are alike come to lie side by side.", {"samples": "digits", "schedule_steps": 10_000})},
    "rbm": {
        QUICK: quick(300),
        "deep belief network": Preset("Three machines, each on what the one below says.", {"hidden": "128,64,32", "layer_steps": 1_000}),
    },
    "approximation": {QUICK: quick(300)},
    "activations": {
        QUICK: quick(300),
        "vanishing": Preset("Twenty layers of sigmoid: nothing of the gradient reaches the first.", {"depth": 20}),
        "he and relu": Preset("The size of what flows stays as it is.", {"activation": "relu", "initialisation": "he", "depth": 20}),
        "saturated": Preset("Large weights: tanh says -1 or 1, and its slope is 0.", {"activation": "tanh", "initialisation": "large"}),
    },
    "backpropagation": {
        QUICK: quick(10),
        "sigmoid 2-3-2": Preset("Two outputs, and hidden units that bend.", {"layers": "2-3-2", "targets": "1,0", "activation": "sigmoid"}),
    },
    "likelihood": {
        QUICK: quick(30),
        "coin": Preset("Ten thousand tosses.", {"kind": "coin", "count": 10_000}),
        "prior": Preset("A prior that is worth ten observations: weight decay.", {"kind": "line", "prior": 10.0}),
    },
    "descent": {
        QUICK: quick(150),
        "saddle": Preset("Plain descent lingers in the middle.", {"surface": "saddle"}),
        "one example": Preset("A real model, with the gradient of one example at a time.", {"surface": "model", "batch": 1}),
    },
    "validation": {QUICK: quick(20), "overfit": Preset("A polynomial that learns its points by heart.", {"degree": 12, "count": 40})},
    "perceptron": {QUICK: quick(200), "xor": Preset("No line separates XOR: the perceptron never stops.", {"points": "xor"})},
    "playground": {
        QUICK: quick(500),
        "xor": Preset("No line separates XOR; two bent units do.", {"points": "xor", "layers": "2 tanh", "learning_rate": 0.03}),
        "one neuron": Preset("Without a hidden layer there is one straight boundary.", {"points": "gaussians", "layers": ""}),
        "circles by products": Preset(
            "No hidden unit: the squares of x and y make circles a matter of one line.",
            {"points": "circles", "layers": "", "inputs": "x2,y2", "learning_rate": 0.03},
        ),
        "underfitting": Preset("A line for two spirals: both losses stay high.", {"layers": "1 tanh"}),
        "overfitting": Preset(
            "20 noisy points and 32 units: the training loss goes to 0, the test loss up.",
            {"points": "moons", "count": 40, "noise": 0.4, "layers": "16 relu, 16 relu", "initialisation": "he", "batch_size": 0, "l2": 0.0},
        ),
        "the cure": Preset(
            "The same points with weight decay: the test loss stays low.",
            {"points": "moons", "count": 40, "noise": 0.4, "layers": "16 relu, 16 relu", "initialisation": "he", "batch_size": 0, "l2": 0.05},
        ),
        "zeros never learn": Preset(
            "All units of a layer get the same gradient and stay the same.",
            {"points": "circles", "initialisation": "zeros", "layers": "8 tanh, 8 tanh"},
        ),
        "vanishing gradient": Preset(
            "Seven layers of sigmoids from weights of size 0.01: nothing reaches the first. Choose relu or batch norm.",
            {"points": "circles", "layers": ", ".join(["6 sigmoid"] * 7), "initialisation": "small", "optimizer": "sgd", "learning_rate": 0.1},
        ),
        "too high a rate": Preset("Steps that overshoot.", {"points": "xor", "layers": "8 tanh", "optimizer": "sgd", "learning_rate": 30.0}),
        "one point at a time": Preset("Batches of one: noisy, and it gets there.", {"points": "circles", "layers": "8 tanh", "batch_size": 1}),
        "a hill to learn": Preset("Regression: the height of two hills.", {"points": "hill", "layers": "8 tanh, 8 tanh"}),
    },
    "classify": {
        QUICK: quick(300, schedule_steps=300, test_time_augmentation=1),
        PUBLISHED: Preset(
            "ResNets on CIFAR-10 as He et al. 2016 trained them: SGD with momentum, the rate divided by 10 twice, shifts and mirrored images.",
            {
                "network": "resnet18", "optimizer": "momentum", "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4,
                "batch_size": 128, "schedule": "step", "schedule_steps": 64_000, "warmup_steps": 0, "augment_shift": 0.125,
                "augment_flip": True, "augment_rotate": 0.0, "augment_scale": 0.0, "augment_warp": 0.0, "augment_colour": 0.0,
                "test_time_augmentation": 1,
            },
            64_000,
        ),
        "LeNet-5 of 1998": Preset("Its own tanh and average pooling, without batch norm.", {"network": "lenet5", "activation": "tanh", "pooling": "average", "batch_norm": "own"}, 2_000),
        "degradation": Preset(
            "56 layers without shortcuts: compare plain20, resnet20 and resnet56 by their training loss.", {"network": "plain56", "augment_warp": 0.0, "schedule_steps": 2_000}, 2_000
        ),
        "a list of layers": Preset("Convolutions, global average pooling, a dense layer: change the list.", {"network": "layers"}, 2_000),
        BEST: best("LeNet-5, an accuracy of 0.983 on the digits in a minute", 2_000, data="digits"),
    },
    "detect": {
        QUICK: quick(100, games="pong,breakout", frames=60, schedule_steps=100),
        "digits": Preset("Digits among pieces of others, 64 pixels.", {"data": "digits", "batch_size": 32}, 1_000),
        "Faster R-CNN": Preset("Regions first, by a network of their own; then a class and a finer box for each.", {"method": "faster"}),
        "sliding windows": Preset("A classifier reads thousands of windows, to see why nobody does: watch how long a picture takes.", {"method": "windows", "games": "pong,breakout"}, 500),
    },
    "segment": {
        QUICK: quick(150, games="pong,breakout,freeway", frames=60, schedule_steps=150),
        "digits": Preset("Digits among pieces of others, by whole pictures of 64 pixels.", {"data": "digits", "patch": 0, "batch_size": 32, "schedule_steps": 800}, 800),
        "FCN-32s": Preset("The coarse network, the first of three; train 16s and 8s from its weights.", {"network": "fcn32s", "patch": 0, "border_weight": 0.0, "schedule_steps": 1_500}, 1_500),
    },
    "locate": {
        QUICK: quick(150, scenes=600, schedule_steps=150),
        "global maximum": Preset("One part of a digit is enough for its class: boxes from CAM become smaller.", {"pooling": "max"}),
        "both heads together": Preset("The box teaches the maps too, as usual: better boxes, and CAM is no longer weakly supervised.", {"detached": False}),
    },
    "style": {
        QUICK: quick(60, size=160),
        "from noise": Preset("The content has to appear out of noise.", {"start": "noise", "content_weight": 1.0}, 400),
        "texture": Preset("No content: the manner alone, wherever it falls.", {"start": "noise", "content_weight": 0.0}, 400),
    },
    "ngram": {
        QUICK: quick(30),
        "words": Preset("Three words at a time, Katz's smoothing.", {"level": "word", "order": 3, "smoothing": "katz"}),
    },
    "siamese": {
        QUICK: quick(200, schedule_steps=200),
        "two numbers": Preset("An embedding on a circle: the picture shows all of it.", {"width": 2, "margin": 0.7}),
        "new classes": Preset("Three classes are never seen in training; one picture of each is all there is.", {"new_classes": 3}),
        "contrastive": Preset("Pairs in place of triplets (Hadsell et al. 2006).", {"loss": "contrastive", "margin": 1.0}),
    },
    "bengio": {
        QUICK: quick(300, decay_steps=300),
        PUBLISHED: Preset("The Brown corpus's settings: four words before, 30 numbers a word, 100 units, direct connections.",
                          {"width": 30, "direct": True, "words": 16_383}),
        "characters": Preset("Eight characters before, to be compared with n-grams, gpt and char-rnn.", {"level": "char", "context": 8, "width": 24, "hidden": 256, "dropout": 0.0}),
    },
    "gpt": {
        QUICK: quick(300, decay_steps=300),
        PUBLISHED: Preset(
            "nanoGPT's character model: 10.7 million parameters, for a GPU.",
            {
                "layers": 6, "heads": 6, "width": 384, "context": 256, "batch_size": 64, "dropout": 0.2, "learning_rate": 1e-3,
                "decay_steps": 5_000,
            },
            5_000,
        ),
        BEST: best("a validation loss of 1.808 on tiny Shakespeare in 2,000 steps", 2_000, data="tinyshakespeare"),
        "ten minutes": Preset(
            "Ten minutes of two cores: twice the context, six times the text, and dropout, without which the text is soon known by heart.",
            {"context": 128, "batch_size": 24, "dropout": 0.1, "decay_steps": 3_000},
            3_000,
        ),
    },
    "char-rnn": {
        QUICK: quick(300, decay_steps=300),
        PUBLISHED: Preset(
            "Two LSTM layers of 128 units, 50 characters at a time, as in Karpathy's char-rnn of 2015.",
            {"layers": 2, "hidden": 128, "batch_size": 50, "unroll": 50, "learning_rate": 2e-3},
        ),
        BEST: best("a validation loss of 1.540 on tiny Shakespeare in 1,000 steps", 1_000, data="tinyshakespeare", decay_steps=1_000),
    },
    "seq2seq": {
        QUICK: quick(300, decay_steps=300),
        PUBLISHED: Preset(
            "The widths of Bahdanau et al. 2015, with AdamW in place of Adadelta; for a GPU.", {"hidden": 1_000, "width": 620, "batch_size": 80}
        ),
        BEST: best("the transformer, a perplexity of 17.1 on Multi30k", 400, data="multi30k", model="transformer", decay_steps=400),
        "long sentences": Preset(
            "English to German, up to six clauses: compare --attention none and dot by the view by length.",
            {"data": "clauses", "attention": "dot", "hidden": 96, "width": 48, "batch_size": 32, "decay_steps": 1_500},
            1_500,
        ),
        "copy task": Preset("Three letters, then up to 60 blanks: compare how far --model rnn, relu, lstm and gru remember.", {"data": "recall", **MEMORY}, 2_500),
        "adding task": Preset("The sum of two marked digits among up to 70: compare --model rnn, relu, lstm and gru.", {"data": "adding", **MEMORY, "decay_steps": 1_500}, 1_500),
    },
    "tag": {
        QUICK: quick(150, decay_steps=150),
        PUBLISHED: Preset("300 hidden units and a CRF (Huang et al. 2015).", {"hidden": 300, "crf": True}),
        BEST: best("an accuracy of 0.974", 600),
        "named entities": Preset("People, places and products in sentences.", {"data": "entities", "crf": True, "dropout": 0.2}, 400),
    },
    "text-class": {
        QUICK: quick(150, decay_steps=150),
        BEST: best("an accuracy of 0.369, of 0.135 for the largest class", 600),
        "names": Preset("From which language is this name? Letter by letter.", {"level": "char", "dropout": 0.3, "data": "names", "batch_size": 64, "learning_rate": 5e-3, "decay_steps": 1_500}, 1_500),
        "sentiment": Preset(
            "How was the film? Two LSTM layers of 64 and 32 units over embeddings of 100.",
            {"data": "reviews", "width": 100, "hidden": 64, "hidden_above": 32, "bidirectional": False, "pooling": "last", "dropout": 0.2},
        ),
    },
    "forecast": {QUICK: quick(200, decay_steps=200), "without memory": Preset("One hidden layer that sees the last 8 values.", {"model": "window"}), BEST: best("an error of 0.186 variances", 500, decay_steps=500)},
    "word2vec": {
        QUICK: quick(1_000, decay_steps=1_000),
        PUBLISHED: Preset(
            "Vectors of 300 numbers, frequent words left out more often (Mikolov et al. 2013).", {"width": 300, "subsample": 1e-5}
        ),
        BEST: best("a validation loss of 3.06, of 4.16 by chance", 3_000, decay_steps=3_000),
        "analogies": Preset("A text on which king - man + woman has an answer.", {"data": "analogies", "width": 50}, 3_000),
        "a tree": Preset("Hierarchical softmax in place of random words.", {"output": "hierarchical softmax"}),
    },
    "glove": {
        QUICK: quick(500, decay_steps=500),
        "documentation": Preset("Real text: Python's documentation.", {"data": "pydocs"}),
    },
    "captions": {
        QUICK: quick(200, games="pong", frames=300, player="random", decay_steps=200),
        "six more games": Preset(
            "Where the player is, and how much there is of each thing.",
            {"games": "space_invaders,freeway,boxing,seaquest,ms_pacman,demon_attack", "frames": 600, "decay_steps": 2_000}, 2_000,
        ),
    },
    "ntm": {
        QUICK: quick(600, length=5, bits=4, locations=20, growing_steps=200, decay_steps=600),
        "an LSTM": Preset("Without a memory apart, to compare.", {"network": "lstm"}),
        "a transformer": Preset("Without a memory apart, to compare.", {"network": "transformer"}),
    },
    "autoencoder": {
        QUICK: quick(1_000, quality_every=0),
        PUBLISHED: Preset(
            "The widths of Hinton & Salakhutdinov 2006, trained at once by Adam.", {"hidden": "1000,500,250", "latent": 30}
        ),
        BEST: best("a squared error of 0.0022 on the digits", 5_000, data="digits"),
        "denoising": Preset("Learns to take away noise that was added to its input (Vincent et al. 2008).", {"noise": 0.3}),
        "sparse": Preset("A long code of which few numbers differ from 0.", {"latent": 64, "sparsity": 0.01}),
    },
    "vae": {
        QUICK: quick(1_000, quality_every=0),
        PUBLISHED: Preset("500 hidden units and batches of 100 (Kingma & Welling 2014), with Adam in place of Adagrad.",
                          {"hidden": "500", "batch_size": 100}),
        BEST: best("113.94 nats on mnist-5k", 5_000),
        "two dimensions": Preset("z of two numbers, so that the plane shows the whole latent space.", {"latent": 2}),
    },
    "cvae": {QUICK: quick(1_000, quality_every=0), BEST: best("999 of 1,000 digits of the class that was asked for", 5_000)},
    "gan": {QUICK: quick(1_500, quality_every=0), BEST: best("a coverage of 0.771 on the digits", 10_000, data="digits")},
    "dcgan": {
        QUICK: quick(600, quality_every=0),
        PUBLISHED: Preset(
            "The settings of Radford et al. 2016: larger images and networks, no gradient penalty, no averaged G; for a GPU.",
            {"size": 64, "features": 64, "batch_size": 128, "r1": 0.0, "ema": 0.0},
        ),
        BEST: best("a coverage of 0.768 on mnist-5k", 6_000),
    },
    "cgan": {QUICK: quick(400, quality_every=0), BEST: best("972 of 1,000 digits of mnist-5k are of the class that was asked for", 4_000)},
    "wgan-gp": {
        QUICK: quick(400, quality_every=0),
        PUBLISHED: Preset(
            "Algorithm 1 of Gulrajani et al. 2017: five critic steps, Adam at 1e-4 with beta1 = 0; for a GPU.",
            {"d_steps": 5, "g_learning_rate": 1e-4, "d_learning_rate": 1e-4, "beta1": 0.0, "features": 64, "ema": 0.0},
        ),
        BEST: best("a coverage of 0.653 on the digits", 3_000, data="digits"),
    },
    "r3gan": {QUICK: quick(300, features=8, batch_size=32, quality_every=0)},
    "stylegan": {
        QUICK: quick(500, size=16, features=8, d_features=8, batch_size=32, quality_every=0),
        BEST: best("a coverage of 0.808 on mnist-5k", 4_684),
        "collapse": Preset(
            "Without an equalised learning rate G's wide layers run ahead: within 600 steps all samples are zeros and ones.",
            {"equalised": False, "g_learning_rate": 5e-4, "beta2": 0.999, "size": 16, "quality_every": 0},
            600,
        ),
    },
    "pixelcnn": {
        QUICK: quick(180, features=16, quality_every=0),
        "grey": Preset("Eight greys, which take longer to learn.", {"levels": 8, "features": 48}, 6_000),
    },
    "vqvae": {
        QUICK: quick(600, features=16, prior_features=24, batch_size=32, codebook_steps=400, quality_every=0),
        BEST: best("a coverage of 0.856 on mnist-5k", 8_000),
    },
    "flow": {
        QUICK: quick(600, **QUICK_PICTURES),
        PUBLISHED: Preset("Times drawn alike often, without guidance (Liu et al. 2023); for a GPU.", {**DIFFUSION, "times": "uniform"}, 600_000),
        BEST: best("a coverage of 0.886 on mnist-5k", 5_000),
    },
    "ddpm": {
        QUICK: quick(600, **QUICK_PICTURES),
        PUBLISHED: Preset("Drawn by all the steps of DDPM, without guidance (Ho et al. 2020); for a GPU.", {**DIFFUSION, "sampler": "ddpm"}, 800_000),
    },
    "meanflow": {
        QUICK: quick(600, **QUICK_PICTURES),
        PUBLISHED: Preset(
            "Three of four times a stretch, without guidance (Geng et al. 2025); for a GPU.",
            {**DIFFUSION, "batch_size": 1_024, "learning_rate": 6e-4, "stretches": 0.75},
            800_000,
        ),
        BEST: best("a coverage of 0.802 on mnist-5k in one evaluation", 3_753),
    },
    "toy-gan": {
        QUICK: quick(1_500),
        "mode collapse": Preset(
            "G ends in none to two of the 25 Gaussians: nothing holds D's slope, and D is small. The defaults are the cure.",
            {"distribution": "grid", "r1": 0.0, "d_hidden": "16"},
        ),
    },
    "toy-flow": {QUICK: quick(1_500)},
    "cyclegan": {
        QUICK: quick(120, batch_size=8, constant_steps=60, decay_steps=60),
        BEST: best("976 of 1,000 digits keep their class", 700),
    },
    "cyclegan-256": {PUBLISHED: Preset("The recipe as it is: 200 epochs of horse2zebra (Zhu et al. 2017); for a GPU.", {}, 266_800)},
    "pix2pix": {
        QUICK: quick(300, constant_steps=150, decay_steps=150),
        BEST: best("an L1 of 0.19 of the mean picture's", 1_200),
    },
    "pix2pix-256": {PUBLISHED: Preset("The recipe as it is: the networks of Isola et al. 2017; for a GPU.", {}, 200_000)},
}  # fmt: skip
