"""Region proposals without a network: selective search (Uijlings et al. 2013), by colour, size and fill.

Pieces of one colour are merged, the most alike first; the box of each piece on the way is a proposal. Texture is left out: what the console
draws has none. High recall, low precision.
"""

import numpy as np
from scipy import ndimage

LEVELS = 4
"""Steps of each colour channel that count as one colour."""
FEWEST = 2
"""Pixels of a piece."""
MOST_PIECES = 300
"""Pieces to begin with, the largest ones: more take too long."""
NEAR = 3
"""Pixels between two pieces that count as neighbours, less one."""


def selective_search(image: np.ndarray, most: int = 300) -> np.ndarray:
    """Boxes (N, 4) float32 of an image (H, W, 3) uint8, without doubles, from the whole to single pieces; at most `most`, the first ones."""
    labels, count = pieces(image)
    if not count:
        return np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
    places = ndimage.find_objects(labels)
    boxes = {i: (x.start, y.start, x.stop, y.stop) for i, (y, x) in enumerate(places)}
    area = {i: int(n) for i, n in enumerate(np.bincount(labels.ravel(), minlength=count + 1)[1:])}
    means = np.stack([ndimage.mean(image[..., c], labels, np.arange(1, count + 1)) for c in range(3)], 1)
    colour = dict(enumerate(means))
    near = neighbours(labels)
    total = image.shape[0] * image.shape[1]

    def likeness(a: int, b: int) -> float:
        x0, y0 = min(boxes[a][0], boxes[b][0]), min(boxes[a][1], boxes[b][1])
        x1, y1 = max(boxes[a][2], boxes[b][2]), max(boxes[a][3], boxes[b][3])
        of_colour = 1 - float(np.abs(colour[a] - colour[b]).sum()) / 765
        gap = (x1 - x0) * (y1 - y0) - area[a] - area[b]
        return of_colour + 1 - (area[a] + area[b]) / total + 1 - gap / total

    scores = {(a, b): likeness(a, b) for a in near for b in near[a] if a < b}
    order = [boxes[i] for i in range(count)]
    following = count
    while scores:
        a, b = max(scores, key=scores.__getitem__)
        boxes[following] = (
            min(boxes[a][0], boxes[b][0]), min(boxes[a][1], boxes[b][1]), max(boxes[a][2], boxes[b][2]), max(boxes[a][3], boxes[b][3]),
        )  # fmt: skip
        area[following] = area[a] + area[b]
        colour[following] = (area[a] * colour[a] + area[b] * colour[b]) / area[following]
        near[following] = (near.pop(a) | near.pop(b)) - {a, b}
        for other in near[following]:
            near[other] = (near[other] - {a, b}) | {following}
        scores = {pair: score for pair, score in scores.items() if a not in pair and b not in pair}
        scores |= {(other, following): likeness(other, following) for other in near[following]}
        order.append(boxes[following])
        following += 1
    return np.array(list(dict.fromkeys(reversed(order)))[:most], np.float32)


def pieces(image: np.ndarray) -> tuple[np.ndarray, int]:
    """Each connected piece of one colour by a number from 1 in (H, W), the largest `MOST_PIECES` that have `FEWEST` pixels, and how many there are."""
    step = 256 // LEVELS
    coarse = (image.astype(np.int32) // step) @ np.array([LEVELS**2, LEVELS, 1])
    labels = np.zeros(coarse.shape, np.int32)
    count = 0
    for value in np.unique(coarse):
        apart, n = ndimage.label(coarse == value, np.ones((3, 3)))
        labels[apart > 0] = apart[apart > 0] + count
        count += n
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    kept = np.argsort(-sizes, kind="stable")[:MOST_PIECES]
    kept = kept[sizes[kept] >= FEWEST]
    number = np.zeros(count + 1, np.int32)
    number[kept + 1] = np.arange(1, len(kept) + 1)
    return number[labels], len(kept)


def neighbours(labels: np.ndarray) -> dict[int, set[int]]:
    """Which pieces, counted from 0, lie at most `NEAR` pixels from each other in a row or a column."""
    near: dict[int, set[int]] = {i: set() for i in range(int(labels.max()))}
    for gap in range(1, NEAR + 1):
        for a, b in ((labels[:-gap], labels[gap:]), (labels[:, :-gap], labels[:, gap:])):
            for first, second in np.unique(np.stack([a[a != b], b[a != b]], 1), axis=0).tolist():
                if first and second:
                    near[first - 1].add(second - 1)
                    near[second - 1].add(first - 1)
    return near
