"""Jobs off the window's thread."""

from concurrent.futures import Future

import torch
from pytestqt.qtbot import QtBot

from gui.background import Background, Job, split
from lab.cores import use_threads


class EndsMeanwhile(Future[int]):
    """Is not done when it is first asked, and done from then on."""

    def done(self) -> bool:
        before = super().done()
        if not before:
            self.set_result(7)
        return before


def test_a_job_that_ends_while_one_looks_is_handed_over_the_next_time() -> None:
    answers: list[int] = []
    job = Job(EndsMeanwhile(), answers.append, lambda error: None)
    assert split([job]) == ([], [job])
    ready, waiting = split([job])
    assert (ready, waiting) == ([job], [])
    job.hand_over()
    assert answers == [7]


def test_a_job_leaves_the_other_cores_to_what_trains(qtbot: QtBot) -> None:
    background = Background()
    before, answers = torch.get_num_threads(), []
    use_threads(2)
    try:
        background.submit(torch.get_num_threads, answers.append)
        qtbot.waitUntil(lambda: bool(answers), timeout=60_000)
        assert answers == [1]
        assert torch.get_num_threads() == 2  # The setting is a thread's own.
    finally:
        background.close()
        background.deleteLater()
        use_threads(before)


def test_what_is_asked_after_the_end_is_not_run(qtbot: QtBot) -> None:
    background, ran = Background(), []
    background.close()
    assert background.submit(lambda: ran.append(1), ran.append).cancelled()
    assert ran == []
