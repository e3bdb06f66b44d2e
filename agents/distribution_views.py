"""What an agent shows that learns the distribution of the return."""

from typing import Any

from agents.dqn_views import AgentViews
from lab.answers import Curves
from lab.experiment import view
from lab.parameters import Count


class DistributionViews:
    """The view of an agent whose network has a `distribution`; `shown` of the agent finds the state."""

    def __init__(self, agent: Any):
        self.agent = agent

    @view(live=True)
    def distribution(self, net: Any, frames: Count = 240, bins: Count = 40) -> Curves:
        """The return that each action promises in the present state: the probability of each of the returns, or of each of the bins."""
        shown: AgentViews = self.agent.shown
        outputs = net.outputs(shown.example_stack(net, frames))  # (1, A, N)
        means = net.values(outputs)[0].float().cpu().numpy()
        middles, shares = net.distribution(outputs[0].float(), max(2, min(bins, 500)))
        middles, shares = middles.cpu().numpy(), shares.cpu().numpy()
        best = int(means.argmax())
        return Curves(
            {name: (middles, share) for name, share in zip(self.agent.action_names, shares, strict=True)}, x_label="discounted return",
            y_label="probability", title=f"best action {self.agent.action_names[best]}: mean {means[best]:.3f}",
        )  # fmt: skip
