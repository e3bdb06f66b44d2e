"""The Vision panel: image classifiers, taken apart while they learn."""
