"""Models that draw: autoencoders, GANs, translation between pictures."""
