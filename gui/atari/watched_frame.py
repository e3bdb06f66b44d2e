"""The frames of the agent that plays in the Atari panel, for pages of other panels."""

from typing import Any

import numpy as np


def watched_frame(window: Any) -> np.ndarray | None:
    """What the Atari panel's agent sees now, (H, W, 3) uint8; None where nobody plays there."""
    panel = getattr(window, "panels", {}).get("Atari")
    player = panel.watch.panes[0].playing if panel is not None else None
    shown = player.latest if player is not None else None
    return shown.frame.pixels if shown is not None else None
