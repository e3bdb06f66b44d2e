"""Quality of translations, judged by classifiers: is the class preserved, and does the image pass for one of the target domain?"""

from typing import Any

import torch
from torch import Tensor

from lab.data.hue import hue_spread, hues
from lab.data.images import Domains, LabelledImages
from lab.quality.judge import judge


def judge_translations(train: Domains, test: Domains, translations: dict[str, Tensor], name: str, size: int) -> dict[str, Any]:
    """Figures of the translations in [0, 1] of all test images, "ab" those of A's, "ba" those of B's.

    A classifier is trained on each domain's real train images, and one that tells the domains apart. `class_kept_*` is the
    share of translations whose class is read as that of the original, beside it the classifier's accuracy on real test images;
    `target_share_*` the share that is taken for the target domain. `hue_spread` is 0 where all images share one hue and 1 where all hues are equally frequent.
    """
    train, test = squared(train, size), squared(test, size)
    figures: dict[str, Any] = {"images_a": len(test.a), "images_b": len(test.b)}
    if len(test.a.classes) > 1:
        for direction, source, target in (("ab", test.a, "b"), ("ba", test.b, "a")):
            reader = judge(f"{name}-{target}", getattr(train, target), getattr(test, target))
            _, read = reader.look(translations[direction])
            figures[f"class_kept_{direction}"] = float((read == source.labels).float().mean())
            figures[f"class_read_real_{target}"] = reader.accuracy
    domains = judge(f"{name}-domains", both(train), both(test))
    for direction, number in (("ab", 1), ("ba", 0)):
        _, seen = domains.look(translations[direction])
        figures[f"target_share_{direction}"] = float((seen == number).float().mean())
    figures["domains_told_apart"] = domains.accuracy
    figures["hue_spread_real_b"], figures["hue_spread_ab"] = hue_spread(hues(test.b.images / 255)), hue_spread(hues(translations["ab"]))
    return figures


def both(domains: Domains) -> LabelledImages:
    """A and B as two classes, as many of each."""
    count = min(len(domains.a), len(domains.b))
    labels = torch.tensor([0, 1], device=domains.a.images.device).repeat_interleave(count)
    return LabelledImages(torch.cat([domains.a.images[:count], domains.b.images[:count]]), labels, domains.names)


def squared(domains: Domains, size: int) -> Domains:
    """The middle `size` pixels, where images are kept larger to be cut at random."""

    def part(data: LabelledImages) -> LabelledImages:
        margin = (data.images.shape[-1] - size) // 2
        return LabelledImages(data.images[:, :, margin : margin + size, margin : margin + size], data.labels, data.classes)

    return Domains(part(domains.a), part(domains.b), domains.names, domains.paired)
