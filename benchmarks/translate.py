"""CycleGAN's and pix2pix's images per second, and those of the same networks in a plain eager fp32 loop, in turns.

    python benchmarks/translate.py [cyclegan|pix2pix] [--rounds 3] [--steps 8]
The plain loop is what one writes first: PyTorch's own layers, one pass for each use of a network, `torch.optim.Adam`.
Both have the same networks and the same terms of the loss, the style included (--style 0 switches it off). Prints one line a round and a JSON document.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lab.cores import cores
from lab.device import describe
from lab.recipes.generative.cyclegan import CycleGAN
from lab.recipes.generative.cyclegan_config import CycleGANConfig
from lab.recipes.generative.pix2pix import Pix2Pix
from lab.recipes.generative.pix2pix_config import Pix2PixConfig

CPU = torch.device("cpu")


class Norm(nn.Module):
    """Instance norm, with a gain and a shift that a style gives where there is one."""

    def __init__(self, c: int, style: int = 0):
        super().__init__()
        self.norm = nn.InstanceNorm2d(c)
        self.style = nn.Linear(style, 2 * c) if style else None

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        x = self.norm(x)
        if self.style is None:
            return x
        gamma, beta = self.style(style)[:, :, None, None].chunk(2, 1)
        return x * (1 + gamma) + beta


class Block(nn.Module):
    def __init__(self, c: int, style: int):
        super().__init__()
        self.conv1, self.norm1 = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3)), Norm(c, style)
        self.conv2, self.norm2 = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3)), Norm(c, style)

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        return x + self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x), style))), style)


class Up(nn.Module):
    def __init__(self, i: int, o: int, style: int):
        super().__init__()
        self.conv, self.norm = nn.ConvTranspose2d(i, o, 3, 2, 1, 1), Norm(o, style)

    def forward(self, x: Tensor, style: Tensor | None) -> Tensor:
        return torch.relu(self.norm(self.conv(x), style))


class ResNet(nn.Module):
    def __init__(self, f: int, blocks: int, style: int = 0):
        super().__init__()
        self.down = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(3, f, 7), nn.InstanceNorm2d(f), nn.ReLU(True),
            nn.Conv2d(f, 2 * f, 3, 2, 1), nn.InstanceNorm2d(2 * f), nn.ReLU(True),
            nn.Conv2d(2 * f, 4 * f, 3, 2, 1), nn.InstanceNorm2d(4 * f), nn.ReLU(True),
        )  # fmt: skip
        self.styled = nn.ModuleList([*[Block(4 * f, style) for _ in range(blocks)], Up(4 * f, 2 * f, style), Up(2 * f, f, style)])
        self.last = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(f, 3, 7), nn.Tanh())

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        x = self.down(x)
        for layer in self.styled:
            x = layer(x, style)
        return self.last(x)


def style_encoder(f: int, style: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, f, 4, 2, 1), nn.LeakyReLU(0.2, True), nn.Conv2d(f, 2 * f, 4, 2, 1), nn.LeakyReLU(0.2, True),
        nn.Conv2d(2 * f, 4 * f, 4, 2, 1), nn.LeakyReLU(0.2, True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * f, style),
    )  # fmt: skip


class UNet(nn.Module):
    def __init__(self, size: int, f: int):
        super().__init__()
        widths = [f * min(8, 2**i) for i in range(size.bit_length() - 1)]
        self.down = nn.ModuleList()
        for i, (before, after) in enumerate(zip([3, *widths], widths, strict=False)):
            norm = [nn.InstanceNorm2d(after)] if 0 < i < len(widths) - 1 else []
            self.down.append(nn.Sequential(*([nn.LeakyReLU(0.2)] if i else []), nn.Conv2d(before, after, 4, 2, 1), *norm))
        self.up = nn.ModuleList()
        for i, (before, after) in enumerate(zip(widths[::-1], widths[-2::-1], strict=False)):
            layers = [nn.ReLU(), nn.ConvTranspose2d(before * (2 if i else 1), after, 4, 2, 1), nn.InstanceNorm2d(after)]
            self.up.append(nn.Sequential(*layers))
        self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * f, 3, 4, 2, 1), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.up:
            x = torch.cat([skips.pop(), up(x)], 1)
        return self.last(x)


def patchgan(channels: int, f: int, layers: int, norm: str) -> nn.Module:
    modules: list[nn.Module] = [nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for i in range(layers):
        before, after = f * min(8, 2**i), f * min(8, 2 ** (i + 1))
        normed = [nn.InstanceNorm2d(after)] if norm == "instance" else []
        modules += [nn.Conv2d(before, after, 4, 2 if i < layers - 1 else 1, 1), *normed, nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*modules, nn.Conv2d(f * min(8, 2**layers), 1, 4, 1, 1))


def plain_cyclegan(c: CycleGANConfig, images: tuple[Tensor, Tensor]) -> Callable[[], None]:
    g, f = ResNet(c.features, c.blocks, c.style), ResNet(c.features, c.blocks)
    e = style_encoder(c.features, c.style) if c.style else nn.Identity()
    d_a, d_b = (patchgan(3, c.d_features, c.patch_layers, c.d_norm) for _ in "ab")
    for net in (g, f, e, d_a, d_b):
        net.to(images[0].device)
    g_adam = torch.optim.Adam([*g.parameters(), *f.parameters(), *e.parameters()], c.learning_rate, (c.beta1, 0.999))
    d_adam = torch.optim.Adam([*d_a.parameters(), *d_b.parameters()], c.learning_rate, (c.beta1, 0.999))
    mse, l1 = nn.MSELoss(), nn.L1Loss()

    def adversarial(scores: Tensor, real: bool) -> Tensor:
        return mse(scores, torch.ones_like(scores) if real else torch.zeros_like(scores))

    def step() -> None:
        a, b = (batch(part, c.batch_size) for part in images)
        for d in (d_a, d_b):
            d.requires_grad_(False)
        style, own = (torch.randn(len(a), c.style, device=a.device), e(b)) if c.style else (None, None)
        fake_b, fake_a = g(a, style), f(b)
        loss = adversarial(d_b(fake_b), True) + adversarial(d_a(fake_a), True)
        back_a, back_b = (x + c.cycle_noise * torch.randn_like(x) if c.cycle_noise else x for x in (fake_b, fake_a))
        loss = loss + 10 * (l1(f(back_a), a) + l1(g(back_b, own), b)) + 5 * (l1(f(a), a) + l1(g(b, own), b))
        if style is not None:
            loss = loss + l1(e(fake_b), style)
        g_adam.zero_grad()
        loss.backward()
        g_adam.step()
        d_adam.zero_grad()
        for d, real, fake in ((d_a, a, fake_a), (d_b, b, fake_b)):
            d.requires_grad_(True)
            (0.5 * (adversarial(d(real), True) + adversarial(d(fake.detach()), False))).backward()
        d_adam.step()

    return step


def plain_pix2pix(c: Pix2PixConfig, images: tuple[Tensor, Tensor]) -> Callable[[], None]:
    g, d = (net.to(images[0].device) for net in (UNet(c.size, c.features), patchgan(6, c.d_features, c.patch_layers, c.norm)))
    g_adam = torch.optim.Adam(g.parameters(), c.learning_rate, (c.beta1, 0.999))
    d_adam = torch.optim.Adam(d.parameters(), c.learning_rate, (c.beta1, 0.999))
    mse, l1 = nn.MSELoss(), nn.L1Loss()

    def step() -> None:
        a, b = (batch(part, c.batch_size) for part in images)
        fake = g(a)
        real_scores, fake_scores = d(torch.cat([a, b], 1)), d(torch.cat([a, fake.detach()], 1))
        d_adam.zero_grad()
        (0.5 * (mse(real_scores, torch.ones_like(real_scores)) + mse(fake_scores, torch.zeros_like(fake_scores)))).backward()
        d_adam.step()
        d.requires_grad_(False)
        scores = d(torch.cat([a, fake], 1))
        g_adam.zero_grad()
        (mse(scores, torch.ones_like(scores)) + 100 * l1(fake, b)).backward()
        g_adam.step()
        d.requires_grad_(True)

    return step


def batch(images: Tensor, size: int) -> Tensor:
    return images[torch.randint(len(images), (size,), device=images.device)].float() / 127.5 - 1


def clocked(step: Callable[[], Any], steps: int) -> tuple[float, float]:
    """(wall seconds, processor seconds) of one step, the mean over `steps`."""
    wall, busy = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    return (time.perf_counter() - wall) / steps, (time.process_time() - busy) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", choices=("cyclegan", "pix2pix"), default="cyclegan")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--style", type=int, default=CycleGANConfig().style)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    experiment: CycleGAN | Pix2Pix
    if options.recipe == "cyclegan":
        experiment = CycleGAN(CycleGANConfig(style=options.style), CPU)
    else:
        experiment = Pix2Pix(Pix2PixConfig(), CPU)
    data = experiment.domains("train")
    images = (data.a.images, data.b.images)
    # The film is kept every few steps later on; in the first ones it would be at each.
    experiment.lapse.every = 10**9
    plain = plain_cyclegan(experiment.config, images) if isinstance(experiment, CycleGAN) else plain_pix2pix(experiment.config, images)
    count = experiment.settings.batch_size
    rounds = []
    for step in (experiment.step, plain):
        clocked(step, 2)
    for number in range(options.rounds):
        ours, theirs = clocked(experiment.step, options.steps), clocked(plain, options.steps)
        rounds.append((ours, theirs))
        print(
            f"round {number + 1}: lab {count / ours[0]:.1f} images/s ({1e3 * ours[1]:.0f} ms of processor a step), plain {count / theirs[0]:.1f} "
            f"({1e3 * theirs[1]:.0f} ms); ratio {theirs[0] / ours[0]:.2f}, by processor time {theirs[1] / ours[1]:.2f}",
            flush=True,
        )
    print(json.dumps({
        "recipe": options.recipe, "machine": describe(CPU), "images_per_s": round(statistics.median(count / o[0] for o, _ in rounds), 1),
        "plain_images_per_s": round(statistics.median(count / t[0] for _, t in rounds), 1),
        "ratio": round(statistics.median(t[0] / o[0] for o, t in rounds), 2),
        "ratio_processor_time": round(statistics.median(t[1] / o[1] for o, t in rounds), 2),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
