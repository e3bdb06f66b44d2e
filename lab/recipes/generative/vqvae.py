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
        self.model = networks.VQVAE(self.autoencoder, average, self.feed.shape)
        self.monitor = SampleMonitor(config, self.feed, self.model, False, self.autocast)
        self.latent = LatentViews(config, self.feed)
        self.encoder, self.places, self.codebook = EncoderViews(self.latent), PlaceViews(self.latent), CodebookViews(self.latent)

    def read_data(self) -> None:
        self.feed.read_own()

    def step(self) -> Metrics:
        images, labels = self.feed.batch()
        x = unit_images(images, torch.float32).contiguous(memory_format=torch.channels_last)
        metrics: Metrics
        if self.steps < self.config.codebook_steps:
            codes, metrics = self.codebook_step(x)
        else:
            with torch.no_grad(), self.autocast():
                codes, metrics = self.model.grid_of(x), {}
        with self.autocast():
            nats = self.pixelcnn.nats(codes, labels if self.pixelcnn.classes else None).sum() / len(x)
        self.prior_optimizer.step(self.prior.backward(nats / codes[0].numel()))
        self.average.follow(self.prior, self.config.ema, self.steps)
        self.monitor.diagnosis.see(prior=nats)
        self.steps += 1
        return {**metrics, "losses/prior": nats.detach(), **self.monitor.after_step(self.steps)}

    def codebook_step(self, x: Tensor) -> tuple[Tensor, Metrics]:
        """One step of encoder, decoder and codebook on images (B, C, H, W) in [0, 1]; the codes (B, h, w), and the metrics."""
        c, net = self.config, self.autoencoder
        metrics: Metrics = {}
        if self.steps % REVIVE_EVERY == 0 and c.revive_below:
            with torch.no_grad(), self.autocast():
                encodings = net.encoder(x).float()
            places = encodings.numel() // c.entry_width
            rows = torch.randint(places, (c.entries,), generator=self.seeds.noise, device=self.device)
            metrics["charts/revived"] = net.revive(encodings, rows, c.revive_below)
        with self.autocast():
            logits, encodings, codes = net(x)
            commitment = (encodings - net.entries_of(codes)).square().sum() / len(x)
            reconstruction = negative_log_likelihood(logits.float(), x, "bernoulli").mean()
        self.optimizer.step(self.net.backward(reconstruction + c.commitment * commitment))
        net.follow(encodings.detach(), codes, c.codebook_ema)
        shares = net.uses / net.uses.sum()
        self.monitor.diagnosis.see(reconstruction=reconstruction)
        return codes, {
            **metrics, "losses/reconstruction": reconstruction.detach(), "losses/commitment": commitment.detach(),
            "charts/perplexity": networks.perplexity(shares),
        }  # fmt: skip

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
