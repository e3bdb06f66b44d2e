"""The Generate panel: autoencoders, VAE and GANs, and their latent space, which one drags through while it trains."""
