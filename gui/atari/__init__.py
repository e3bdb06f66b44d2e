"""The Atari panel: games, watching and playing."""
