"""Views of an image classifier: its mistakes, its filters and feature maps, and saliency maps (models.vision.explain).

All are live: they need the network, which they are given, and images that do not change. A `label`
is a class by name or number; without one it is the predicted class. An `image` is "test:17" (or train,
validation), the path of a file or, from Python and the app, an array (H, W) or (H, W, 3) uint8.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.answers import Confusion, Images, Table
from lab.errors import UsageError, unknown
from lab.experiment import view
from lab.parameters import Count, Index, Seed, Side
from lab.quality.classification import confusion_table, per_class_table
from lab.recipes.vision import image_pictures as draw
from lab.recipes.vision.classify_data import ImageFormat, Split
from lab.recipes.vision.image_pictures import Gallery, Inspection
from lab.recipes.vision.predictor import Predictions, Predictor
from models.vision import explain
from models.vision.knn import NearestNeighbours
from models.vision.summary import layer_table
from models.vision.surgery import ACTIVATION_TYPES, LAYERS

MOST_PIECES = 1024
"""Into which the way of integrated gradients is cut at most."""
MOST_MAPS = 64


class ImageViews:
    """The views of a classifier by its answers to images: to one, to a whole split, and those of its layers."""

    def __init__(self, predictor: Predictor, format: ImageFormat, notes: list[str]):
        self.predictor, self.format, self.notes = predictor, format, notes
        self.images, self.device = predictor.images, predictor.device
        self.layers_with_maps: list[str] = []
        self.others: dict[tuple[str, str, int], Predictions] = {}
        """What other runs predict, by their folder, the split and when their newest checkpoint was written."""
        self.other: tuple[str, int, Any] | None = None
        """The run that was compared with last: its folder, when its newest checkpoint was written, and its experiment."""

    def label_of(self, label: str, net: nn.Module, image: Tensor) -> int:
        """A class by name or number; the network's own answer where none is named. Raises UsageError for an unknown one."""
        if not label:
            return int(self.predictor.probabilities(net, image)[0].argmax())
        return self.class_number(label)

    def class_number(self, label: str) -> int:
        if label in self.format.classes:
            return self.format.classes.index(label)
        if label.isdigit() and int(label) < len(self.format.classes):
            return int(label)
        raise unknown("class", label, self.format.classes, see="lab show RUN per_class")

    def maps_name(self, net: Any) -> str:
        """The module whose maps the class activation maps look at. Raises UsageError for networks without maps."""
        inner = net.net
        name = getattr(inner, "maps", None)
        if name is None:
            raise UsageError(
                f"{type(inner).__name__} has no feature maps, so CAM does not apply. RISE and occlusion work with any network."
            )
        return f"net.{name}"

    # -- one image -------------------------------------------------------------------------------------------------

    @view(live=True)
    def look(self, net: Any, image: Any = "test:0", label: str = "", layer: str = "") -> Inspection:
        """One image: the probabilities of the classes, Grad-CAM for one of them (red is evidence, blue is none), and the feature
        maps of one layer (bright is active)."""
        pixels, truth, name = self.images.picture(image)
        probabilities = self.predictor.probabilities(net, pixels)[0].cpu().numpy()
        chosen = self.label_of(label, net, pixels) if label else int(probabilities.argmax())
        heat = None
        maps = np.zeros((0, 1, 1), np.float32)
        layers: list[str] = []
        if hasattr(net.net, "maps"):
            heat = draw.heat(
                explain.grad_cam(net, pixels, torch.tensor([chosen], device=pixels.device), self.maps_name(net)), self.format.size
            )
            layers = self.map_layers(net)
            if layers:
                maps = self.maps_of(net, pixels, layer)
        return Inspection(draw.shown(pixels)[0], probabilities, self.format.classes, chosen, truth, heat, maps, layers, name)

    @view(live=True)
    def second_look(self, net: Any, image: Any = "test:0", label: str = "", other: str = "last") -> Inspection:
        """What another run's network makes of the same image: the probabilities of its classes, and Grad-CAM for one of them (red is
        evidence, blue is none)."""
        experiment = self.other_run(other)[2]
        pixels, truth, name = self.images.picture(image)
        known = truth is None or self.same_images(experiment, str(image).partition(":")[0])
        given = image if known else draw.shown(pixels)[0]  # Its own split holds another image under this number.
        seen = experiment.image_views.look(experiment.serving(), given, label if label in experiment.format.classes else "")
        return replace(seen, truth=truth if experiment.format.classes == self.format.classes else None, name=name)

    @view(live=True)
    def feature_maps(self, net: Any, image: Any = "test:0", layer: str = "") -> Images:
        """The feature maps of one layer (the first activation unless named) for an image: bright is active; below, the map's
        number and its maximum."""
        pixels, _, _ = self.images.picture(image)
        maps = self.maps_of(net, pixels, layer)
        scale = max(1, 72 // maps.shape[2])
        return Images(draw.bright(maps), [f"{i}: {m.max():.2f}" for i, m in enumerate(maps)], columns=8, scale=scale)

    def map_layers(self, net: Any) -> list[str]:
        """The layers that have maps, by name."""
        kinds = (*ACTIVATION_TYPES, *LAYERS)
        f = self.format
        if not self.layers_with_maps:
            blank = torch.zeros(1, f.channels, f.size, f.size, dtype=torch.uint8, device=self.device)
            self.layers_with_maps = [name.removeprefix("net.") for name in explain.layers_with_maps(net, blank, kinds)]
        return list(self.layers_with_maps)

    def maps_of(self, net: Any, pixels: Tensor, layer: str) -> np.ndarray:
        """(K, h, w) float32, K at most `MOST_MAPS`. Raises UsageError for an unknown layer."""
        known = self.map_layers(net)
        if not known:
            raise UsageError(f"{type(net.net).__name__} has no feature maps.")
        first = next((name for name in known if isinstance(net.net.get_submodule(name), ACTIVATION_TYPES)), known[0])
        wanted = layer or first
        if wanted not in known:
            raise unknown("layer with maps", wanted, known, see="lab show RUN layer_table")
        _, maps = explain.activations(net, pixels, [f"net.{wanted}"])
        return maps[f"net.{wanted}"][0, :MOST_MAPS].float().cpu().numpy()

    @view(live=True)
    def grad_cam(self, net: Any, image: Any = "test:0", label: str = "") -> Images:
        """Grad-CAM: red is evidence for the class, blue is none; the number is the class's probability. The maps of the last
        convolution, weighted by the mean gradient of the class's score."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        heat = explain.grad_cam(net, pixels, torch.tensor([chosen], device=pixels.device), self.maps_name(net))
        return self.overlaid(net, pixels, chosen, heat, "Grad-CAM")

    @view(live=True)
    def cam(self, net: Any, image: Any = "test:0", label: str = "") -> Images:
        """CAM: red is evidence for the class, blue is none; the number is the class's probability. The last maps weighted by the
        head's row of the class, for networks that end in global average pooling."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        try:
            heat = explain.cam(net, pixels, torch.tensor([chosen], device=pixels.device), self.maps_name(net), f"net.{net.net.head}")
        except ValueError as error:
            raise UsageError(f"{error}.") from None
        return self.overlaid(net, pixels, chosen, heat.relu(), "CAM")

    @view(live=True)
    def augmented_grad_cam(self, net: Any, image: Any = "test:0", label: str = "", copies: Count = 32, seed: Seed = 0) -> Images:
        """Augmented Grad-CAM: red is evidence for the class, blue is none; the number is the class's probability. One sharp map
        that explains the Grad-CAMs of many rotated and shifted copies."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        rng = torch.Generator().manual_seed(seed)
        heat = explain.augmented_grad_cam(net, pixels, chosen, self.maps_name(net), rng, copies=max(2, min(copies, 256)))
        return self.overlaid(net, pixels, chosen, heat[None], "Augmented Grad-CAM")

    @view(live=True)
    def rise(self, net: Any, image: Any = "test:0", label: str = "", masks: Count = 1000, cells: Side = 7, seed: Seed = 0) -> Images:
        """RISE: red is evidence for the class, blue is none; the number is the class's probability. The mean of random masks,
        weighted by the class's probability under each; it treats the network as a black box."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        rng = torch.Generator().manual_seed(seed)
        size = self.format.size
        drawn = explain.rise_masks(max(10, min(masks, 20_000)), size, size, rng, cells=max(2, min(cells, size)))
        heat = explain.rise(net, pixels, chosen, drawn)[None]
        return self.overlaid(net, pixels, chosen, heat - heat.amin(), "RISE")

    @view(live=True)
    def occlusion(self, net: Any, image: Any = "test:0", label: str = "", patch: Index = 0) -> Images:
        """Occlusion: red is where a grey patch over the image lowers the class's probability most, blue where it does not; the
        number is that probability without a patch."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        side = patch if 0 < patch <= self.format.size else max(2, self.format.size // 5)
        ground = float(pixels.float().median())
        heat = explain.occlusion(net, pixels, chosen, side, max(1, side // 3), ground)[None]
        return self.overlaid(net, pixels, chosen, heat.relu(), f"patches of {side} px")

    @view(live=True)
    def integrated_gradients(self, net: Any, image: Any = "test:0", label: str = "", steps: Count = 64) -> Images:
        """Integrated gradients from a black image: red pixels raise the class's score, blue ones do not; the number is the class's
        probability. All pixels' shares sum to the rise of the score, but for the delta; steps are doubled until that is below 1 %."""
        pixels, _, _ = self.images.picture(image)
        chosen = self.label_of(label, net, pixels)
        values, pieces = pixels.float(), max(1, min(steps, MOST_PIECES))
        while True:
            try:
                shares, delta = explain.integrated_gradients(net, values, chosen, torch.zeros_like(values), pieces)
            except ValueError as error:
                raise UsageError(f"{error}.") from None
            rise = float(shares.sum()) - delta
            if abs(delta) <= 0.01 * abs(rise) or pieces >= MOST_PIECES:
                break
            pieces *= 2
        name = f"delta {delta:+.1g} of {rise:.1f}"
        return self.overlaid(net, pixels, chosen, shares.sum(0)[None].relu(), name)

    def overlaid(self, net: Any, pixels: Tensor, chosen: int, heat: Tensor, name: str) -> Images:
        """The image, and the image under a heat map (1, h, w), with how far it can be trusted: `explain.deletion_and_insertion`."""
        p = float(self.predictor.probabilities(net, pixels)[0, chosen])
        values = draw.heat(heat, self.format.size)
        image = draw.enlarged(draw.shown(pixels)[0])
        ranks = torch.from_numpy(values).to(pixels.device)
        deletion, insertion = explain.deletion_and_insertion(net, pixels, chosen, ranks, float(pixels.float().median()))
        trust = f"deletion {deletion:.2f}, insertion {insertion:.2f}"
        return Images(
            np.stack([image, draw.overlay(image, values)]),
            [trust, f"{name} for {self.format.classes[chosen]}, probability {p:.3f}"],
            columns=2,
        )

    @view(live=True)
    def neighbours(self, net: Any, image: Any = "test:0") -> Images:
        """The remembered images nearest to an image, each with its class and its distance (of the normalised pixels); for k
        nearest neighbours."""
        if not isinstance(net.net, NearestNeighbours):
            raise UsageError(f"{type(net.net).__name__} stores no images; the view `neighbours` needs --network knn.")
        pixels, _, _ = self.images.picture(image)
        images, labels, distances = net.net.neighbours(net.normalise(pixels))
        near = (images[0] * net.std[:, None, None] + net.mean[:, None, None]).clamp(0, 1) * 255
        everything = draw.shown(torch.cat([pixels.float(), near]).round().to(torch.uint8))
        captions = [
            "image",
            *(f"{self.format.classes[i]}  {d:.2f}" for i, d in zip(labels[0].tolist(), distances[0].tolist(), strict=True)),
        ]
        return Images(np.stack([draw.enlarged(picture, 112) for picture in everything]), captions, columns=6)

    # -- all images of a split -------------------------------------------------------------------------------------

    @view(live=True)
    def confusion(self, net: Any, split: Split = "test") -> Confusion:
        """Number of images by true class (rows) and predicted class (columns): the diagonal is right."""
        predictions = self.predictor.predictions(net, split)
        return confusion_table(predictions.labels, predictions.guesses, self.format.classes)

    @view(live=True)
    def confused(self, net: Any, true: str = "0", predicted: str = "0", split: Split = "test", most: Count = 40) -> Gallery:
        """The images of a class that the network takes for a class, by name or number: one cell of the confusion matrix. The number is
        the probability of that; the most confident stand first."""
        predictions = self.predictor.predictions(net, split)
        row, column = (self.class_number(name) for name in (true, predicted))
        inside = torch.nonzero((predictions.labels == row) & (predictions.guesses == column))[:, 0]
        sure = predictions.probabilities[inside, column]
        order = inside[sure.argsort(descending=True)][: max(1, min(most, 400))].tolist()
        gallery = self.gallery(split, order, [f"{predictions.probabilities[i, column]:.1%}" for i in order])
        classes = self.format.classes
        return replace(gallery, title=f"{len(inside)} of class {classes[row]}, predicted {classes[column]}")

    @view(live=True)
    def per_class(self, net: Any, split: Split = "test") -> Table:
        """Of each class: its images, precision, recall, F1, and the class it is most often mistaken for."""
        predictions = self.predictor.predictions(net, split)
        return per_class_table(predictions.labels, predictions.guesses, self.format.classes)

    @view(live=True)
    def mistakes(self, net: Any, split: Split = "test", most: Count = 40) -> Gallery:
        """The worst mistakes, the most confident first: the true class, what it was taken for, and the probability of that."""
        predictions, classes = self.predictor.predictions(net, split), self.format.classes
        wrong = torch.nonzero(predictions.guesses != predictions.labels)[:, 0]
        sure = predictions.probabilities[wrong, predictions.guesses[wrong]]
        order = wrong[sure.argsort(descending=True)][: max(1, min(most, 400))].tolist()
        captions = [
            f"{classes[predictions.labels[i]]}, taken for\n{classes[predictions.guesses[i]]} ({predictions.probabilities[i, predictions.guesses[i]]:.1%})"
            for i in order
        ]
        return self.gallery(split, order, captions)

    @view(live=True)
    def compare(self, net: Any, other: str = "last", split: Split = "test", most: Count = 40) -> Gallery:
        """The images on which this run and another one differ: the true class, and below it this run's prediction | the other's."""
        mine, theirs = self.predictor.predictions(net, split), self.predictions_of(other, split)
        classes = self.format.classes
        apart = torch.nonzero(mine.guesses != theirs.guesses)[:, 0]
        gap = (mine.probabilities - theirs.probabilities)[apart].abs().sum(1)
        order = apart[gap.argsort(descending=True)][: max(1, min(most, 400))].tolist()
        names = [(classes[mine.labels[i]], classes[mine.guesses[i]], classes[theirs.guesses[i]]) for i in order]
        first, second = mine.guesses == mine.labels, theirs.guesses == theirs.labels
        gallery = self.gallery(split, order, [f"{true}\n{a} | {b}" for true, a, b in names])
        both, one, two, none = (int(rows.sum()) for rows in (first & second, first & ~second, ~first & second, ~first & ~second))
        return replace(gallery, title=f"both right {both}, this one only {one}, the other only {two}, neither {none}")

    def other_run(self, other: str) -> tuple[Any, int, Any]:
        """Another run, when its newest checkpoint was written, and its experiment. Raises UsageError where it is no classifier's."""
        from lab.stored_runs import find

        run = find(other)
        if run.recipe.name != "classify":
            raise UsageError(f"{run.name} is not a run of classify: name another run with --other RUN.")
        written = max((path.stat().st_mtime_ns for path in run.checkpoints.glob("step-*")), default=0)
        if self.other is None or self.other[:2] != (str(run.path), written):
            self.other = (str(run.path), written, run.experiment(self.device.type, serving_only=True))
        return run, written, self.other[2]

    def predictions_of(self, other: str, split: Split) -> Predictions:
        """Another run's answers to the same images. Raises UsageError where it learned other images or classes."""
        run, written, experiment = self.other_run(other)
        key = (str(run.path), split, written)
        if key not in self.others:
            if not self.same_images(experiment, split):
                raise UsageError(
                    f"{run.name} was trained on {experiment.images.config.data} with other classes or splits; both runs must use the same images."
                )
            self.others[key] = experiment.predictor.predictions(experiment.serving(), split)
        return self.others[key]

    def same_images(self, experiment: Any, split: str) -> bool:
        """Whether a split of another classifier holds the same images of the same classes, in the same order."""
        mine, theirs = self.images.config, experiment.images.config
        parts = [(of.seed, of.validation, of.folds, of.fold) for of in (mine, theirs)]
        same = (mine.data, self.format.classes) == (theirs.data, experiment.format.classes)
        return same and (split == "test" or parts[0] == parts[1])

    def gallery(self, split: Split, rows: list[int], captions: list[str]) -> Gallery:
        """Some images of a split, each with the name that other views take as `image`."""
        size = self.format.size
        if not rows:
            return Gallery(np.zeros((1, 8, 8), np.uint8), ["none"], specs=[])
        pixels = draw.shown(self.images.split(split).images[torch.tensor(rows, device=self.device)])
        wide = max(84, 6 * max(len(line) for caption in captions for line in caption.split("\n")))
        scale = max(1, -(-wide // size))
        return Gallery(pixels, captions, columns=max(2, 700 // (scale * size)), scale=scale, specs=[f"{split}:{i}" for i in rows])

    # -- the network -----------------------------------------------------------------------------------------------

    @view(live=True)
    def filters(self, net: Any) -> Images:
        """The weights of the first layer as pictures: grey is zero, bright positive, dark negative; for a linear classifier, the
        template of each class."""
        layer = next((m for m in net.modules() if isinstance(m, LAYERS)), None)
        if layer is None:
            raise UsageError(f"{type(net.net).__name__} has no weights.")
        f = self.format
        weight = layer.weight.detach().float()
        names = list(f.classes) if len(weight) == len(f.classes) else [str(i) for i in range(len(weight))]
        if isinstance(layer, nn.Linear):
            weight = weight.view(len(weight), f.channels, f.size, f.size)
        elif weight.dim() == 3:
            weight = weight[:, :, None]
        pixels = draw.signed(weight[:256].cpu().numpy())
        return Images(pixels, names[:256], columns=8, scale=max(1, 64 // pixels.shape[2]))

    @view(live=True)
    def layer_table(self, net: Any) -> Table:
        """Every layer: kernel, stride, output shape, parameters, multiply-adds and receptive field, for one image."""
        f = self.format
        rows = layer_table(net.net, f.channels, f.size)
        cells: list[list[Any]] = [
            [r.name, r.kind, r.kernel, r.stride, "x".join(map(str, r.shape)), r.parameters, r.macs, r.receptive] for r in rows
        ]
        total = sum(p.numel() for p in net.net.parameters())
        cells.append(["total", "", "", "", "", total, sum(r.macs for r in rows), ""])
        columns = ["layer", "kind", "kernel", "stride", "output", "parameters", "MACs", "receptive field"]
        return Table(columns, cells, "; ".join(self.notes))

    @view(live=True)
    def augmentations(self, net: Any, n: Count = 24, seed: Seed = 0) -> Images:
        """Training images after augmentation, as the network sees them, each with its class."""
        data = self.images.split("train")
        rng = torch.Generator().manual_seed(seed)
        rows = torch.randint(len(data), (max(1, min(n, 256)),), generator=rng).to(self.device)
        changed = self.predictor.augmented(data.images[rows], rng).round().clamp(0, 255).to(torch.uint8)
        captions = [self.format.classes[i] for i in data.labels[rows].tolist()]
        return Images(draw.shown(changed), captions, columns=8, scale=max(1, 84 // self.format.size))
