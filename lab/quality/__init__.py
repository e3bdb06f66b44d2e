"""How good generated images are, measured with a classifier that the lab trains itself on the real ones."""
