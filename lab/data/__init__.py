"""Data sets, as uint8 tensors with their labels. Each file is one source."""
