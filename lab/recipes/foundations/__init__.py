"""What a course begins with: one neuron, networks of points, and the older machines."""
