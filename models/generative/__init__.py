"""Generative networks, one file per family, and the maths that belongs to them.

A network whose latent space can be walked through has `latent` (the number of dimensions of z), `classes` (0 where it
is not conditional), `decode(z, labels) -> images in [0, 1]`, `prior(noise) -> z`, and `encode(images, labels) -> z`
where it has an encoder (`has_encoder`). `latent.py` has the walks.
"""
