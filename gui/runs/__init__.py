"""The Runs panel: every run on disk."""
