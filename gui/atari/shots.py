"""The Atari panel's pictures: the wall, an agent chosen on it, one that trains, its views, two agents, the maze, the games."""

from typing import Any

from gui.atari.game_picker import GamePicker
from gui.event_loop import pause, until
from gui.photographer import Photographer

SETTINGS = {"learning_starts": 500, "replay_capacity": 20_000, "epsilon_steps": 4000, "batch_size": 16, "hidden_units": 128}
"""Of the runs that train for the pictures: small, so that there is something to see within a minute or two."""
TRAIN_SECONDS = 100


def take(photographer: Photographer) -> None:
    """Train two agents and take the panel at work."""
    window, scene = photographer.window, photographer.scene
    panel: Any = window.go_to("Atari")

    def playing() -> bool:
        pane = panel.watch.panes[0]
        return pane.playing is not None and pane.playing.latest is not None

    def train(game: str, steps: int) -> Any:
        count = len(window.sessions.bridges)
        panel.form.fields.reset()
        panel.form.fields.set_values({**SETTINGS, "game": game})
        panel.form.steps.setValue(steps)
        panel.form.train_button.click()
        until(lambda: len(window.sessions.bridges) > count, 120)
        return window.sessions.bridges[-1]

    def views() -> None:
        shown = panel.current_tab().views
        shown.clear()
        for view in ("replay_memory", "priorities"):
            shown.switches[view].click()

    wall = panel.wall.view
    until(lambda: wall.thread_ is not None and wall.thread_.ticks > 900, 120)  # Half a minute of play.
    scene("atari-wall", lambda: None)
    wall.choose(0)
    until(playing, 60)
    pause(4)
    scene("atari-wall-chosen", lambda: None)
    first = train("breakout", 2400)
    until(lambda: not window.sessions.running(), TRAIN_SECONDS)
    first.session.stop()
    second = train("pong", 100_000)
    until(lambda: second.latest.done >= 8000, TRAIN_SECONDS)
    scene("atari-training", lambda: panel.watch.saliency.setChecked(True))
    scene("atari-views", views)
    scene("atari-two-agents", lambda: panel.watch.compare.setChecked(True))
    scene("atari-about", panel.about_dock.raise_)
    panel.watch.compare.setChecked(False)
    panel.settings_dock.raise_()
    photographer.train_in("Atari", "tabular-q", {"epsilon_steps": 60_000, "learning_rate_steps": 80_000}, 120_000, TRAIN_SECONDS)
    scene("maze-training", lambda: None)
    picker = GamePicker("breakout", window.background, window)
    picker.show()
    until(lambda: len(picker.pictures) > 40, 60)
    photographer.both_themes(picker, "atari-games")
    picker.reject()
    picker.deleteLater()
