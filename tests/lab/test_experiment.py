from pathlib import Path

import pytest
import torch
from torch import nn
from toy import Toy, ToyConfig

import lab
from lab.answers import Text
from lab.experiment import view
from models.eval_mode import eval_mode


class Dropping(Toy):
    @view(live=True)
    def mode(self, net: nn.Module) -> Text:
        """Whether the network trains."""
        return Text(str(net.training))


def test_a_live_view_sees_a_network_that_is_used_and_leaves_it_as_it_trains() -> None:
    experiment = Dropping(ToyConfig(), torch.device("cpu"))
    assert experiment.serving().training
    assert experiment.answer("mode", experiment.serving(), {}).text == "False"
    assert experiment.serving().training


def test_the_class_of_an_answer_is_the_return_annotation_of_its_view() -> None:
    assert Dropping.views()["mode"].answer is Text
    assert Dropping.views()["mode"].live
    assert not Toy.views()["weights"].live


def test_a_view_without_an_answer_as_its_return_annotation_is_refused() -> None:
    with pytest.raises(TypeError, match=r"View .*nothing: expected an Answer as its return annotation, such as Images, got None"):

        @view
        def nothing(self: Toy) -> None:
            """No answer."""


def test_every_module_has_its_own_mode_again_after_an_evaluation() -> None:
    net = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout())).train()
    net[1].eval()
    with eval_mode(net):
        assert not any(module.training for module in net.modules())
    assert [module.training for module in net.modules()] == [True, True, False, False]


def test_a_stored_network_with_dropout_answers_the_same_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lines.tsv").write_text("".join(f"{'ab'[i % 2]}\tword{i % 2} again {i % 7}\n" for i in range(200)))
    run = lab.train("text-class", steps=2, data=f"file:{tmp_path / 'lines.tsv'}", dropout=0.5)
    one, other = (run.show("classify", sentence="word1 again") for _ in range(2))
    assert one.values.tolist() == other.values.tolist()
