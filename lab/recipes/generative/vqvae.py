"""The VQ-VAE with a PixelCNN as prior (van den Oord et al. 2017). Read first: `VQVAE.step`.

The autoencoder and its codebook learn in the first `codebook_steps`, the prior over its codes in all steps: beside them, then alone.
"""

import copy
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lab.device import autocast, compute_dtype
from lab.experiment import Experiment, Metrics
from lab.recipes.generative.codebook_views import CodebookViews
from lab.recipes.generative.encoder_views import EncoderViews
from lab.recipes.generative.generative import Seeds, exported, newest_picture, shared_state
from lab.recipes.generative.image_feed import ImageFeed
from lab.recipes.generative.latent_views import LatentViews
from lab.recipes.generative.pixels import unit_images
from lab.recipes.generative.place_views import PlaceViews
from lab.recipes.generative.sample_monitor import SampleMonitor
from lab.recipes.generative.vqvae_config import VQVAEConfig
from lab.seeding import seeded
from lab.state import Tree
from models.dropout import set_generator
from models.generative import vqvae as networks
from models.generative.pixelcnn import PixelCNN
from models.generative.vae import negative_log_likelihood
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork

REVIVE_EVERY = 20
"""Steps between two looks for entries that are hardly used."""


class VQVAE(Experiment):
    """One step is one mini-batch."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 1_000
    headline: ClassVar[tuple[str, ...]] = ("losses/reconstruction", "losses/prior", "charts/perplexity")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {
        "monitor": SampleMonitor, "latent": LatentViews, "encoder": EncoderViews, "places": PlaceViews, "codebook": CodebookViews,
    }  # fmt: skip
    newest_picture, exported = newest_picture, exported

    def __init__(self, config: VQVAEConfig, device: torch.device):
        super().__init__(config, device)
        self.config: VQVAEConfig = config
        self.autocast = partial(autocast, device, compute_dtype(config.precision, device))
        self.seeds = Seeds.of(config.seed, device)
        self.feed = ImageFeed(config, device, self.seeds.order, self.remembered)
        with seeded(self.seeds.weights):
            self.autoencoder = networks.VQAutoencoder(self.feed.shape[0], config.features, config.entries, config.entry_width)
            names = self.feed.class_names
            classes = len(names) if config.prior_by_class and len(names) > 1 else 0
            self.pixelcnn = PixelCNN(
                config.entries, config.prior_features, config.prior_layers, classes, config.prior_dropout, config.drawing_temperature
            )  # fmt: skip
        for net in (self.autoencoder, self.pixelcnn):
            net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(self.pixelcnn).eval()
        set_generator(self.pixelcnn, self.seeds.noise)
        self.net, self.prior = FlatNetwork(self.autoencoder, torch.float32), FlatNetwork(self.pixelcnn, torch.float32)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.optimizer, self.prior_optimizer = (FlatAdam(net, config.learning_rate, 1e-8) for net in (self.net, self.prior))
        self.captured = CapturedSteps(device, self.changing, [self.seeds.noise])
        self.model = networks.VQVAE(self.autoencoder, average, self.feed.shape)
        self.monitor = SampleMonitor(config, self.feed, self.model, False, self.autocast)
        self.latent = LatentViews(config, self.feed)
        self.encoder, self.places, self.codebook = EncoderViews(self.latent), PlaceViews(self.latent), CodebookViews(self.latent)

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        c, batch = self.config, self.feed.batch()
        with_codebook = self.steps < c.codebook_steps
        revives = with_codebook and self.steps % REVIVE_EVERY == 0 and c.revive_below > 0
        metrics: Metrics = {"charts/revived": self.revive(batch[0])} if revives else {}
        made = self.captured(with_codebook, partial(self.learn, with_codebook), *batch)
        self.average.follow(self.prior, c.ema, self.steps)
        self.monitor.diagnosis.see(**{name: made[f"losses/{name}"] for name in ("reconstruction", "prior") if f"losses/{name}" in made})
        self.steps += 1
        return {**metrics, **made, **self.monitor.after_step(self.steps)}

    @torch.no_grad()
    def revive(self, images: Tensor) -> Tensor:
        """Take entries that are hardly used to the encodings of images; how many (0-d)."""
        c, net = self.config, self.autoencoder
        with self.autocast():
            encodings = net.encoder(in_unit_range(images)).float()
        rows = torch.randint(encodings.numel() // c.entry_width, (c.entries,), generator=self.seeds.noise, device=self.device)
        return net.revive(encodings, rows, c.revive_below)

    def learn(self, with_codebook: bool, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """One step of the prior on a batch, and before it of autoencoder and codebook; the metrics."""
        x, metrics = in_unit_range(images), dict[str, Tensor]()
        if with_codebook:
            codes, metrics = self.codebook_step(x)
        else:
            with torch.no_grad(), self.autocast():
                codes = self.model.grid_of(x)
        with self.autocast():
            nats = self.pixelcnn.nats(codes, labels if self.pixelcnn.classes else None).sum() / len(x)
        self.prior_optimizer.step(self.prior.backward(nats / codes[0].numel()))
        return {**metrics, "losses/prior": nats.detach()}

    def codebook_step(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """One step of encoder, decoder and codebook on images (B, C, H, W) in [0, 1]; the codes (B, h, w), and the metrics."""
        c, net = self.config, self.autoencoder
        with self.autocast():
            logits, encodings, codes = net(x)
            commitment = (encodings - net.entries_of(codes)).square().sum() / len(x)
            reconstruction = negative_log_likelihood(logits.float(), x, "bernoulli").mean()
        self.optimizer.step(self.net.backward(reconstruction + c.commitment * commitment))
        net.follow(encodings.detach(), codes, c.codebook_ema)
        shares = net.uses / net.uses.sum()
        return codes, {
            "losses/reconstruction": reconstruction.detach(), "losses/commitment": commitment.detach(),
            "charts/perplexity": networks.perplexity(shares),
        }  # fmt: skip

    def changing(self) -> list[Tensor]:
        """The tensors that a step changes."""
        return [*self.optimizer.changing, *self.prior_optimizer.changing, *self.autoencoder.buffers()]

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.model

    def stateful(self) -> Tree:
        return {
            "net": self.net, "prior": self.prior, "average": self.average, "adam": self.optimizer, "prior_adam": self.prior_optimizer,
            **shared_state(self, self.feed, self.seeds.noise, self.monitor),
        }  # fmt: skip

    @torch.no_grad()
    def evaluate(self, **options: Any) -> dict[str, Any]:
        data, losses = self.feed.images("test"), []
        for images in data.images.split(200):
            x = unit_images(images, torch.float32)
            losses.append(negative_log_likelihood(self.autoencoder(x)[0], x, "bernoulli"))
        shares = self.codebook.shares(self.model)
        return {
            "loss": float(torch.cat(losses).mean()), "reconstruction": float(torch.cat(losses).mean()),
            "prior": self.places.nats_per_image(self.model, data), "unit": "nats per image",
            "perplexity": float(networks.perplexity(shares)), "entries_used": int((shares > 0).sum()), "entries": self.config.entries,
            **self.monitor.quality(**options),
        }  # fmt: skip


def in_unit_range(images: Tensor) -> Tensor:
    """uint8 images (B, C, H, W) as the autoencoder takes them, in [0, 1]."""
    return unit_images(images, torch.float32).contiguous(memory_format=torch.channels_last)
