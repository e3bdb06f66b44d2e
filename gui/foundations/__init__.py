"""The Foundations panel: pages that run by themselves, and are changed while they do."""
