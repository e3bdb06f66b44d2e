"""A stand-in for CUDA graphs, with which a processor runs the code of captured steps."""

from models.kernels.cuda_graphs import CapturedStep


class Replayed:
    """A graph that calls the step again, and writes what it gives into the same tensors."""

    def __init__(self, step: CapturedStep):
        self.captured = step
        for _ in range(3):
            step.run()
        step.outputs = step.run()

    def replay(self) -> None:
        for output, value in zip(self.captured.outputs, self.captured.run(), strict=True):
            output.copy_(value)
