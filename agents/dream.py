"""A dream: a world model of an Atari game, after DIAMOND (Alonso et al. 2024) and discrete flow matching (Gat et al. 2024).

Training follows `batch_size` dreams at once. One step draws the next frame of each, learns what it should have been, and puts what was
drawn in the place of the real frame, until a dream starts afresh. Read first: `Dream.step`, then `models.dream_unet`.
"""

import copy
import logging
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from agents.dream_config import DreamConfig
from agents.dream_data import PARTS, Recorded, collected
from agents.dream_memory import DreamMemory
from agents.dream_views import DreamViews
from lab.atari.games import action_names
from lab.device import compute_dtype, free_memory
from lab.errors import UsageError
from lab.experiment import Experiment, Metrics
from lab.schedules import linear, warmup
from lab.seeding import seeded
from lab.state import Tree, attributes
from lab.stored_runs import find
from models.dream_latent import CODE, LatentDream
from models.dream_unet import DreamUNet, Predicted, likeliest, weighted_cross_entropy
from models.kernels.cuda_graphs import CapturedSteps
from models.kernels.flat_parameters import FlatAdam, FlatNetwork

log = logging.getLogger("lab.agents")

ALL_MASKED = 0.5
"""Share of the frames in training of which nothing is revealed, as a frame's first step is drawn; all where that step is the only one."""
PIXELS = 50.0
"""Nats of a frame that count as much as one of its reward."""
MEMORY = "memory."
"""Begins the names of the memory's weights."""
SLACK = 4.0
"""A dream whose frame is wrong in more than `tolerance` times the pixels that change, and so many more, starts afresh. So all frames are
real until one step is well drawn, and dreams grow longer with that; nor is a dream that has lost the game taught to jump back to it."""


class Dream(Experiment):
    """One step is one frame of each of `batch_size` dreams."""

    log_every: ClassVar[int] = 50
    checkpoint_every: ClassVar[int] = 500
    headline: ClassVar[tuple[str, ...]] = ("losses/frame", "losses/reward", "charts/wrong_pixels")
    memory_settings: ClassVar[tuple[str, ...]] = ("batch_size", "size", "features")
    view_parts: ClassVar[dict[str, type]] = {"shown": DreamViews}

    def __init__(self, config: DreamConfig, device: torch.device):
        super().__init__(config, device)
        self.config: DreamConfig = config
        self.action_names = action_names(config.game)
        self.dtype = compute_dtype(config.precision, device)
        seeds = np.random.SeedSequence(config.seed).generate_state(2)
        with seeded(int(seeds[0])):
            network: nn.Module
            if config.family == "latent":
                network = LatentDream(
                    len(self.action_names), config.colours, config.history, config.features, config.size, config.entries, config.phase
                )
                self.dtype = torch.float32  # The distance to the nearest code is too fine for bf16.
            else:
                network = DreamUNet(
                    len(self.action_names), config.colours, config.history, config.features, config.size, config.overview, config.phase
                )  # fmt: skip
        network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(network)
        self.net = FlatNetwork(network, self.dtype)
        self.average = FlatNetwork(average, torch.float32, trainable=False)
        self.average.master.eval()
        self.optimizer = FlatAdam(self.net, config.learning_rate, 1e-8)
        self.memory = (
            DreamMemory(config, len(self.action_names), int(seeds[0]), device) if config.recall and config.family == "flow" else None
        )
        if self.memory is not None:  # What is served has it beside the average.
            self.average.master.memory = self.memory.net.master
        self.captured = CapturedSteps(device, lambda: [*self.optimizer.changing, *self.net.compute.buffers()])
        self.rng = torch.Generator().manual_seed(int(seeds[1]))
        self.rows = torch.zeros(0, dtype=torch.int64)
        """The row (B,) of the play that each dream has come to."""
        self.place = self.frames_device()
        self.frames = torch.zeros(0, config.history, config.size, config.size, dtype=torch.uint8, device=self.place)
        """What each dream has seen last (B, H, S, S)."""
        self.recorded: Recorded | None = None
        self.screens = self.frames
        """All frames of the play (N, S, S), once it is there."""
        self.starts = torch.zeros(0, dtype=torch.int64)
        self.shown = DreamViews(config, self.action_names)

    # -- training --------------------------------------------------------------------------------------------------

    def data(self) -> Recorded:
        """The play to learn from, collected at the first step."""
        if self.recorded is None:
            self.recorded = collected(self.config, "train")
            self.starts = self.recorded.play.starts()
            self.screens = self.recorded.play.frames.to(self.place)
            self.take_palette(self.recorded)
        return self.recorded

    def frames_device(self) -> torch.device:
        """Where the frames are: on a GPU where those of the play fit beside what training needs, else in main memory."""
        size = PARTS["train"].frames(self.config) * self.config.size**2
        if self.device.type == "cuda" and size > 0.5 * free_memory(self.device):
            return torch.device("cpu")
        return self.device

    def take_palette(self, recorded: Recorded) -> None:
        for network in (self.net.master, self.net.compute, self.average.master):
            network.palette.copy_(recorded.palette)  # type: ignore[operator]
            network.rgb.copy_(recorded.rgb)  # type: ignore[operator]
            network.rewards.copy_(recorded.means)  # type: ignore[operator]

    def take_weights(self, name: str) -> None:
        """Begin from the weights of another dream. Raises UsageError where its network is another one, or of another game."""
        from agents.dream_play import opened

        net, config = opened(find(name))
        mine, theirs = (
            (c.game, c.family, c.size, c.colours, c.history, c.features, c.overview, c.rows) for c in (self.config, config)
        )  # fmt: skip
        if mine != theirs:
            raise UsageError(
                f"--begin-from {name} is a dream with game, family, size, colours, history, features, overview and crop {theirs}, not {mine}."
            )
        if not torch.equal(net.palette, self.data().palette):  # type: ignore[arg-type]
            raise UsageError(f"--begin-from {name} has other colours than the play. Give the --source and --seed it was trained with.")
        if hasattr(net, "phase") and not self.config.phase:
            raise UsageError(f"--begin-from {name} is told the phase. Give --phase.")
        weights = net.state_dict()
        remembered = {key.removeprefix(MEMORY): weights.pop(key) for key in list(weights) if key.startswith(MEMORY)}
        if self.memory is None:
            remembered = {}
        elif remembered and config.recall == self.config.recall:
            if self.config.phase and not config.phase:  # It counts for nothing at first.
                remembered["phase.weight"] = torch.zeros_like(self.memory.net.state()["phase.weight"])
            self.memory.net.restore(remembered)
        else:
            if remembered:
                log.warning("The memory of %s is %d units wide and not %d: it is learned anew.", name, config.recall, self.config.recall)
            remembered = self.memory.net.state()
        if self.config.phase and not hasattr(net, "phase"):  # Nor does it here.
            weights["phase.weight"] = torch.zeros_like(self.net.master.phase.weight)  # type: ignore[union-attr,arg-type]
        self.net.master.load_state_dict(weights)
        self.average.master.load_state_dict({**weights, **{MEMORY + key: value for key, value in remembered.items()}})
        self.net.sync()

    def step(self) -> Metrics:
        c, play = self.config, self.data().play
        if not self.steps and c.begin_from:
            self.take_weights(c.begin_from)
        remembered = {} if self.memory is None else self.memory.step(play, self.rng, self.learning_rate())
        if c.learned == "recall":
            self.steps += 1
            return remembered
        if not len(self.rows):
            self.rows = torch.zeros(c.batch_size, dtype=torch.int64)
            self.frames = torch.zeros(c.batch_size, c.history, c.size, c.size, dtype=torch.uint8, device=self.place)
            self.begin(torch.ones(c.batch_size, dtype=torch.bool))
        rows = self.rows
        now = rows.to(self.place, non_blocking=True)
        target, before = self.screens[now + 1], self.screens[now]
        hidden = ALL_MASKED if c.drawing_steps > 1 else 1.0
        share = torch.rand(len(rows), generator=self.rng) * (torch.rand(len(rows), generator=self.rng) >= hidden)
        nothing = hidden == 1.0 and c.family != "latent"  # is revealed: the random numbers for it are drawn while a GPU is at the step.
        revealed = torch.zeros_like(target, dtype=torch.bool) if nothing else self.pixels_drawn(rows) < share[:, None, None]
        signs = (torch.sign(play.rewards[rows]) + 1).long()
        given = [
            self.frames, play.done(rows, c.history), play.clock[rows], revealed, share, target, before, signs, play.ended[rows].float()
        ]  # fmt: skip
        if c.family == "latent":
            places = len(rows) * (c.size // CODE) ** 2
            given.append(torch.randint(places, (c.entries,), generator=self.rng))
        self.optimizer.set_learning_rate(self.learning_rate())
        made = self.captured("step", self.learn, *given)
        self.follow()
        if nothing:
            self.pixels_drawn(rows)
        self.frames, self.rows = made.pop("frames").to(self.place), rows + 1
        wrong, changed = made.pop("counts").cpu()
        horizon = max(1.0, c.horizon * min(1.0, self.steps / c.horizon_steps))
        over = torch.rand(len(rows), generator=self.rng) * horizon < 1
        over |= ~play.played[self.rows] | (wrong > c.tolerance * changed + SLACK)
        self.begin(over)
        self.steps += 1
        return {
            **made, **remembered, "charts/wrong_pixels": wrong.float().mean(), "charts/copy_wrong_pixels": changed.float().mean(),
            "charts/own_frames": 1 - over.float().mean(),
        }  # fmt: skip

    def pixels_drawn(self, rows: Tensor) -> Tensor:
        """A random number for each pixel of the rows' frames (B, S, S)."""
        return torch.rand(len(rows), self.config.size, self.config.size, generator=self.rng)

    def learn(self, *given: Tensor) -> dict[str, Tensor]:
        """One step on what is seen and done, which pixels of the next frame are revealed (B, S, S), which share, that frame and the one before
        it, the sign of its reward and whether a life ends; the losses, what is seen then, and the counts (2, B) of pixels that were drawn
        wrong and of those that change."""
        dreams, done, clock, revealed, share, target, before, signs, ended, *rows = (tensor.to(self.device) for tensor in given)
        guess = torch.where(revealed, target, self.config.colours).to(torch.uint8)
        predicted: Predicted = self.net.compute(dreams, done, clock, guess, share)
        seen, losses = dreams[:, -1], {}
        if rows:
            losses["frame"], losses["codes"] = self.learn_codes(predicted, target, seen, rows[0])
        else:
            losses["frame"] = frame_loss(predicted.frame, target, seen, guess == self.config.colours, self.config.change_weight)
        losses["reward"], losses["end"] = outcome_losses(predicted, signs, ended)
        frame = losses["frame"] + losses["codes"] if rows else losses["frame"]
        self.optimizer.step(self.net.backward(frame / PIXELS + losses["reward"] + losses["end"]))
        self.net.sync()
        drawn = torch.where(revealed, target, likeliest(predicted.frame.detach().float()))
        counts = torch.stack([(drawn != target).sum((1, 2)), (target != before).sum((1, 2))])
        frames = torch.cat([dreams[:, 1:], drawn[:, None]], 1)
        return {f"losses/{name}": loss.detach() for name, loss in losses.items()} | {"frames": frames, "counts": counts}

    def learn_codes(self, predicted: Predicted, target: Tensor, seen: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Of the latent family, the losses in nats a frame of the frame after its codes, with the commitment, and of the codes predicted.

        Entries that hardly anything takes go to the encodings numbered `rows` (entries,).
        """
        net = self.net.compute
        assert isinstance(net, LatentDream)
        assert predicted.codes is not None
        assert predicted.last_codes is not None
        logits, encodings, codes = net.rebuilt(target)
        net.learn_codebook(encodings.detach(), codes, rows)
        weight = self.config.change_weight
        frame = weighted_cross_entropy(logits, target, seen, weight).sum((1, 2)).mean()
        predictions = weighted_cross_entropy(predicted.codes, codes, predicted.last_codes, weight).sum((1, 2)).mean()
        return frame + PIXELS * net.commitment(encodings, codes), predictions

    def begin(self, over: Tensor) -> None:
        """New dreams where `over` (B,), from real frames anywhere in the play."""
        play, count = self.data().play, int(over.sum())
        if count:
            rows = self.starts[torch.randint(len(self.starts), (count,), generator=self.rng)]
            self.rows[over] = rows
            where, seen = (
                index.to(self.place, non_blocking=True) for index in (over.nonzero()[:, 0], play.history(rows, self.config.history))
            )
            self.frames[where] = self.screens[seen]

    def learning_rate(self) -> float:
        c = self.config
        return c.learning_rate * warmup(self.steps, c.warmup) * linear(self.steps, c.learning_rate_steps, 1, c.learning_rate_end)

    @torch.no_grad()
    def follow(self) -> None:
        """Update the averaged network in place; faster in the first steps, so that it soon forgets its random start."""
        share = 1 - min(self.config.ema, (1 + self.steps) / (10 + self.steps))
        self.average.weights.lerp_(self.net.weights, share)
        if self.config.family == "latent":
            self.average.master.autoencoder.codebook.lerp_(self.net.master.autoencoder.codebook, share)  # type: ignore[union-attr,operator,arg-type]

    # -- the contract ----------------------------------------------------------------------------------------------

    def serving(self) -> nn.Module:
        return self.average.master

    def stateful(self) -> Tree:
        return {
            "net": self.net, "average": self.average, "adam": self.optimizer, "generator": self.rng,
            **({} if self.memory is None else {"memory_adam": self.memory.optimizer}),
            **attributes(self, "rows", "steps"), **attributes(self, "frames", device=self.place),
        }  # fmt: skip

    def evaluate(self, **options: Any) -> dict[str, Any]:
        from agents.dream_scores import evaluate

        return evaluate(self.serving(), self.config, collected(self.config, "held out").play, **options)


def frame_loss(logits: Tensor, target: Tensor, seen: Tensor, hidden: Tensor, change_weight: float) -> Tensor:
    """Nats a frame (0-d), over its `hidden` pixels (B, S, S)."""
    each = weighted_cross_entropy(logits, target, seen, change_weight) * hidden
    # A frame of which little is hidden counts as much as another: it is as many hidden pixels as there are.
    shares = hidden.float().mean((1, 2)).clamp(min=0.05)
    return (each.sum((1, 2)) / shares).mean()


def outcome_losses(predicted: Predicted, signs: Tensor, ended: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropies of the rewards' signs (B,), 0 to 2, and of the ends (B,), 0 or 1."""
    return F.cross_entropy(predicted.reward, signs), F.binary_cross_entropy_with_logits(predicted.end, ended)
