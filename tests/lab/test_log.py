import logging
import threading

from lab.log import LOGGER, logged


class Lines:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, message: str) -> None:
        self.lines.append(message)


def test_a_run_hears_what_is_said_in_its_own_thread_only() -> None:
    run, said = Lines(), logging.getLogger("lab.data")
    with logged(run):
        said.info("playing %s", "pong")
        other = threading.Thread(target=said.warning, args=("from elsewhere",))
        other.start()
        other.join()
    said.info("too late")
    assert run.lines == ["playing pong"]
    assert not [handler for handler in LOGGER.handlers if getattr(handler, "run", None) is run]


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    class Full:
        def log(self, message: str) -> None:
            raise OSError(28, "No space left on device")

    with logged(Full()):
        logging.getLogger("lab.recipes").warning("a sign of trouble")
