"""Sessions side by side, looked at while they train; and that a look never sees weights of two steps."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lab import api
from lab.errors import UsageError
from lab.selfcheck.cases import settings
from lab.selfcheck.check import Check, short
from lab.session import Session
from lab.snapshot import Snapshot

BESIDE = ("vae", "dcgan")
"""They train and are looked at while agents begin to learn."""
AGENTS = (64, 96, 128)
"""After how many steps each agent begins to learn: what it records of its updates then falls into the way of the others."""
ROUNDS = 3
PATIENCE = 60.0
"""Seconds for an answer, and for a session to end."""


def check_sessions(check: Check) -> dict[str, Any]:
    """A VAE and a DCGAN train and are looked at while three agents begin to learn, each in a thread, in rounds."""
    for name in check.in_time(f"round {i + 1}" for i in range(ROUNDS)):
        with check.case(name) as values:
            one_round(check, values)
    return {}


def one_round(check: Check, values: dict[str, Any]) -> None:
    sessions = [session_of(check, name) for name in BESIDE]
    stop, wrong = threading.Event(), Counter[str]()
    waited: list[float] = []
    lookers: list[threading.Thread] = []
    try:
        for session in sessions:
            session.start()
        reach(check, sessions, 5)
        for session in sessions:
            lookers.append(threading.Thread(target=look, args=(session, stop, wrong, waited)))
            lookers[-1].start()
        agents = [session_of(check, "dqn", learning_starts=starts, precision="auto" if check.cuda else "fp32") for starts in AGENTS]
        sessions += agents
        for session in agents:
            session.start()
        reach(check, agents, max(AGENTS) + 60)
        for session in agents:
            lookers.append(threading.Thread(target=look, args=(session, stop, wrong, waited)))
            lookers[-1].start()
        before = [session.experiment.progress().done for session in sessions]
        start, looks = time.monotonic(), len(waited)
        wait(check, lambda: len(waited) >= looks + 40 or time.monotonic() - start > 5)
        seconds = time.monotonic() - start
        done = [session.experiment.progress().done for session in sessions]
        values["per_s"] = {s.run_folder.name: round((b - a) / seconds, 1) for s, a, b in zip(sessions, before, done, strict=True)}
    finally:
        stop.set()
        for session in sessions:
            if not session.close(PATIENCE):
                wrong[f"{session.run_folder.name} does not end"] += 1
            if session.error is not None:
                wrong[f"{session.run_folder.name}: {short(session.error)}"] += 1
        for looker in lookers:
            looker.join(PATIENCE)
    values |= {"looks": len(waited), "look_ms": round(1000 * statistics.median(waited), 1) if waited else None}
    for sentence in wrong:
        check.fail(sentence)


def session_of(check: Check, name: str, **more: Any) -> Session:
    """A session of a small run that nobody ends before it is closed."""
    recipe, fields = settings(name, check.folder)
    return api.new_session(recipe, {**fields, **more}, steps=10**9, device=str(check.device))


def reach(check: Check, sessions: list[Session], done: int) -> None:
    """Wait until each has come that far, or has failed."""
    wait(check, lambda: all(s.error is not None or s.experiment.progress().done >= done for s in sessions))


def wait(check: Check, condition: Callable[[], bool]) -> None:
    """Wait for a condition. Raises TimeoutError where it does not come in the section's time."""
    while not condition():
        if check.seconds_left() < -PATIENCE / 2:
            raise TimeoutError("the sessions have not come far enough in the time there is")
        time.sleep(0.02)


def look(session: Session, stop: threading.Event, wrong: Counter[str], waited: list[float]) -> None:
    """Ask the live views of a session in turns, as a window does; the seconds of each answer into `waited`."""
    live = [name for name, spec in session.experiment.views().items() if spec.live]
    while live and not stop.is_set():
        for name in list(live):
            start = time.monotonic()
            try:
                session.ask(name).result(timeout=PATIENCE)
                waited.append(time.monotonic() - start)
            except UsageError:
                live.remove(name)
            except Exception as error:
                if not stop.is_set() and session.error is None:
                    wrong[f"view {name} of {session.run_folder.name}: {short(error)}"] += 1
                    return
            if stop.wait(0.01) or session.error is not None:
                return


class Even(nn.Module):
    """Tensors that all hold the number of the step, one kernel each."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ParameterList(nn.Parameter(torch.zeros(20_000), requires_grad=False) for _ in range(200))


def check_snapshots(check: Check) -> dict[str, Any]:
    """A trainer writes its step's number into all weights, a viewer looks at snapshots of them: two numbers at once are a torn look."""
    net = Even().to(check.device)
    snapshot, stop = Snapshot(net, rate=1000.0), threading.Event()
    steps = 0

    def train() -> None:
        nonlocal steps
        load = torch.ones(512, 512, device=check.device)
        while not stop.is_set():
            steps += 1
            for i, layer in enumerate(net.layers):
                layer.fill_(steps)
                if i % 20 == 0:
                    torch.mm(load, load)
            snapshot.publish(net)

    snapshot.request()
    trainer = threading.Thread(target=train, name="self-check trainer")
    trainer.start()
    numbers: list[int] = []
    until = time.monotonic() + min(4.0, max(1.0, check.seconds_left()))
    try:
        with torch.no_grad():
            while time.monotonic() < until:
                with snapshot.read() as shown:
                    low, high = torch.stack([torch.stack(layer.aminmax()) for layer in shown.parameters()]).aminmax()
                    if int(low) != int(high):
                        check.fail(f"a look has seen the weights of steps {int(low)} and {int(high)} at once")
                        break
                    numbers.append(int(low))
    finally:
        stop.set()
        trainer.join()
    check.finish()
    if numbers != sorted(numbers):
        check.fail("snapshots went back in time")
    if len(set(numbers)) < 2:
        check.fail("the snapshots have not followed the training")
    return {"looks": len(numbers), "different": len(set(numbers)), "steps": steps}
