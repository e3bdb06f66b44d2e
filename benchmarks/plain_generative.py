"""The peer of `lab bench generate`: VAE and DCGAN as one writes them first in PyTorch, in training images per second.

    python plain_generative.py {vae,dcgan} [--seconds 15]
The data are 8,500 PIL images of 28 x 28 pixels behind a DataLoader (for dcgan each is enlarged to 64), everything is
fp32, and the losses are read with .item() at every step. Prints one JSON line with `images_per_s`.
"""

import argparse
import itertools
import json
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset[Tensor]):
    """Grey pictures, one at a time, as a folder of images would give them."""

    def __init__(self, size: int, count: int = 8500):
        self.pixels = np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)
        self.size = size

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> Tensor:
        picture = Image.fromarray(self.pixels[index])
        if picture.width != self.size:
            picture = picture.resize((self.size, self.size), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(picture, np.float32) / 255.0)[None]


def vae(device: torch.device | str = "cpu") -> Callable[[Tensor], float]:
    """784-400-20-400-784, binary cross-entropy plus KL, Adam 1e-3."""
    encoder, to_mu, to_logvar = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
    decoder = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())
    parts = nn.ModuleList([encoder, to_mu, to_logvar, decoder]).to(device)
    optimizer = torch.optim.Adam(parts.parameters(), lr=1e-3)

    def step(images: Tensor) -> float:
        x = images.view(len(images), 784)
        h = torch.relu(encoder(x))
        mu, logvar = to_mu(h), to_logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        loss = F.binary_cross_entropy(decoder(z), x, reduction="sum") - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def dcgan(latent: int = 100, f: int = 64, device: torch.device | str = "cpu") -> Callable[[Tensor], float]:
    """The 64-pixel DCGAN with one channel, binary cross-entropy, Adam 2e-4 with beta1 0.5."""
    widths = [8 * f, 4 * f, 2 * f, f]
    g_layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    d_layers: list[nn.Module] = [nn.Conv2d(1, f, 4, stride=2, padding=1, bias=False), nn.LeakyReLU(0.2)]
    for wide, narrow in itertools.pairwise(widths):
        g_layers += [nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU()]
    for wide, narrow in reversed(list(itertools.pairwise(widths))):
        d_layers += [nn.Conv2d(narrow, wide, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
    g = nn.Sequential(*g_layers, nn.ConvTranspose2d(f, 1, 4, stride=2, padding=1, bias=False), nn.Tanh())
    d = nn.Sequential(*d_layers, nn.Conv2d(8 * f, 1, 4, bias=False), nn.Flatten(0))
    g, d = g.to(device), d.to(device)
    g_optimizer, d_optimizer = (torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (g, d))
    criterion = nn.BCEWithLogitsLoss()

    def step(images: Tensor) -> float:
        ones, zeros = torch.ones(len(images), device=device), torch.zeros(len(images), device=device)
        fake = g(torch.randn(len(images), latent, 1, 1, device=device))
        d_optimizer.zero_grad()
        on_real = criterion(d(2 * images - 1), ones)
        on_real.backward()
        on_fake = criterion(d(fake.detach()), zeros)
        on_fake.backward()
        d_optimizer.step()
        g_optimizer.zero_grad()
        g_loss = criterion(d(fake), ones)
        g_loss.backward()
        g_optimizer.step()
        return on_real.item() + on_fake.item() + g_loss.item()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["vae", "dcgan"])
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    torch.manual_seed(0)
    step, batch, size = (vae(), 128, 28) if options.model == "vae" else (dcgan(), 64, 64)
    loader = DataLoader(Pictures(size), batch_size=batch, shuffle=True, drop_last=True)
    seen, steps, start = 0, 0, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        for images in loader:
            step(images)
            steps, seen = steps + 1, seen + len(images)
            if steps == 3:  # The first steps allocate memory.
                seen, start = 0, time.perf_counter()
            if time.perf_counter() - start >= options.seconds:
                break
    speed = seen / (time.perf_counter() - start)
    print(
        json.dumps(
            {"peer": "plain PyTorch loop", "model": options.model, "images_per_s": round(speed, 1), "threads": torch.get_num_threads()}
        )
    )


if __name__ == "__main__":
    main()
