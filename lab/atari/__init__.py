"""The Atari emulator: games, the vector environment that training steps, and players that are watched."""
