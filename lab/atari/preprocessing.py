"""From the emulator's grey picture to what an agent sees: rows cut away above and below the game, then 84 by 84 pixels."""

import cv2
import numpy as np

from lab.atari.games import cut_rows


def observed(grey: np.ndarray, crop: str = "0,0") -> np.ndarray:
    """(84, 84) uint8 of a grey picture (H, W) uint8: without its rows `crop`, "top,bottom", each pixel the mean of the area that it covers."""
    top, bottom = cut_rows(crop)
    return cv2.resize(grey[top : len(grey) - bottom], (84, 84), interpolation=cv2.INTER_AREA)


def on_screen(seen: np.ndarray, height: int, crop: str = "0,0") -> np.ndarray:
    """A map (84, 84) float32 over what an agent sees as one over the whole picture of `height` rows, (height, 84): 0 in the rows cut away."""
    top, bottom = cut_rows(crop)
    if not top and not bottom:
        return seen
    return np.pad(cv2.resize(seen, (84, height - top - bottom), interpolation=cv2.INTER_LINEAR), ((top, bottom), (0, 0)))
