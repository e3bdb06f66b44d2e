"""Jobs off the window's thread."""

import torch
from pytestqt.qtbot import QtBot

from gui.background import Background
from lab.cores import use_threads


def test_a_job_leaves_the_other_cores_to_what_trains(qtbot: QtBot) -> None:
    background = Background()
    before, answers = torch.get_num_threads(), []
    use_threads(2)
    try:
        background.submit(torch.get_num_threads, answers.append)
        qtbot.waitUntil(lambda: bool(answers))
        assert answers == [1]
        assert torch.get_num_threads() == 2  # The setting is a thread's own.
    finally:
        background.close()
        background.deleteLater()
        use_threads(before)
