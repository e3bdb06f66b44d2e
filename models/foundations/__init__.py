"""The first networks of a course, each a file to read from top to bottom: one neuron, small networks of points, older machines."""
