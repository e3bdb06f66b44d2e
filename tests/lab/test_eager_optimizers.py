"""A training starts without PyTorch's compiler, and its optimisers step as they do with it."""

import subprocess
import sys

PROGRAM = """
import sys, torch
from lab.device import prepare
from lab.seeding import seeded

def weights(kind):
    with seeded(0):
        net = torch.nn.Linear(3, 2)
    optimizer = kind(net.parameters(), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        net(torch.ones(1, 3)).square().sum().backward()
        optimizer.step()
    return torch.nn.utils.parameters_to_vector(net.parameters()).detach()

plain = {kind: vars(kind)["step"] for kind in (torch.optim.Adam, torch.optim.SGD, torch.optim.Rprop)}
prepare(torch.device("cpu"))
eager = {kind: weights(kind) for kind in plain}
assert "torch._dynamo" not in sys.modules
for kind, step in plain.items():
    kind.step = step
    assert torch.equal(weights(kind), eager[kind]), kind
assert "torch._dynamo" in sys.modules
"""


def test_optimisers_step_the_same_without_importing_the_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
