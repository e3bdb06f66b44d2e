"""Fast arithmetic, each kernel beside its plain PyTorch twin: networks call kernels, and hold no packing arithmetic themselves."""
