"""Starts children, starts them again when they end, and ends them all.

One loop in one thread: it sleeps in `sigtimedwait` until a child ends, a person asks to stop, or
a restart is due. A child that keeps ending ends the shop.
"""

import os
import shutil
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecomsite.running.children import signal_group, spawn
from ecomsite.running.language import _
from ecomsite.running.problems import StartError

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
LONGEST_LOG_BYTES = 20 * 1024 * 1024
LAST_WORDS_LINES = 12


class Stopped(Exception):  # noqa: N818  # a wish, not an error
    """A person or the system asked the shop to stop."""


@dataclass(frozen=True)
class Patience:
    """How often a child may end before the shop gives up, in seconds."""

    restarts: int = 5
    first_pause: float = 1.0
    longest_pause: float = 15.0
    # A child that lived this long is well again.
    settled_after: float = 60.0
    # What a child may take to stop; jobs get 10 s of it to finish what they hold.
    stop_within: float = 20.0

    def pause(self, restarts: int) -> float:
        return min(self.first_pause * 2.0**restarts, self.longest_pause)


@dataclass
class Child:
    name: str
    command: str
    environment: Mapping[str, str]
    when_orphaned: signal.Signals
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    due_at: float = 0.0
    log: Path | None = None


@dataclass
class Supervisor:
    """Children by name; `log_folder` None lets them print to the terminal instead."""

    say: Callable[[str], None]
    log_folder: Path | None
    working_folder: Path
    patience: Patience = field(default_factory=Patience)
    children: dict[str, Child] = field(default_factory=dict)

    def __enter__(self) -> "Supervisor":
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS | {signal.SIGCHLD})
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(list(self.children))
        self.children.clear()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS | {signal.SIGCHLD})

    def start(
        self,
        name: str,
        command: str,
        environment: Mapping[str, str],
        *,
        when_orphaned: signal.Signals = signal.SIGKILL,
    ) -> None:
        log = self.log_folder / f"{name}.log" if self.log_folder else None
        child = Child(name, command, environment, when_orphaned, log=log)
        self.children[name] = child
        self._spawn(child)

    def run(self, name: str, command: str, environment: Mapping[str, str]) -> int:
        """Run one command to its end, on the terminal; returns its exit code."""
        process = spawn(command, environment=environment, folder=self.working_folder)
        child = Child(name, command, environment, signal.SIGKILL, process)
        self.children[name] = child
        while (code := process.poll()) is None:
            self._sleep(1.0)
        signal_group(process, signal.SIGKILL)
        del self.children[name]
        return code

    def wait_until(self, ready: Callable[[], bool], *, within: float, what: str) -> None:
        """Wait for a condition; a child that ends meanwhile ends the start."""
        deadline = time.monotonic() + within
        while not ready():
            for child in self.children.values():
                if child.process is not None and child.process.poll() is not None:
                    raise StartError(self._obituary(child, _("while the shop was starting")))
            if time.monotonic() > deadline:
                raise StartError(
                    _("%(what)s did not answer within %(seconds)d seconds.")
                    % {"what": what, "seconds": within}
                )
            self._sleep(0.1)

    def watch(self) -> None:
        """Keep the children running until somebody asks to stop (`Stopped`) or one gives up."""
        while True:
            now = time.monotonic()
            for child in self.children.values():
                self._tend(child, now)
            self._sleep(self._until_next(now))

    def stop(self, names: Iterable[str]) -> None:
        """Ask children to stop, all at once, and kill what is left of them in the end.

        A second Ctrl-C kills at once. One that follows within a second does not count: `make` and
        `timeout` pass on a signal that we got ourselves.
        """
        running = [
            (child, child.process)
            for name in names
            if (child := self.children.get(name)) is not None and child.process is not None
        ]
        for _child, process in running:
            if process.poll() is None:
                process.terminate()
        began = time.monotonic()
        while any(process.poll() is None for _child, process in running):
            waited = time.monotonic() - began
            if waited > self.patience.stop_within:
                break
            if self._signal_within(0.2) in STOP_SIGNALS and waited > 1.0:
                self.say(_("Stopping at once."))
                break
        for child, process in running:
            signal_group(process, signal.SIGKILL)
            process.wait()
            child.process = None

    def _tend(self, child: Child, now: float) -> None:
        if child.process is None:
            if now >= child.due_at:
                self._spawn(child)
            return
        code = child.process.poll()
        if code is None:
            self._shorten_log(child)
            return
        signal_group(child.process, signal.SIGKILL)
        if now - child.started_at >= self.patience.settled_after:
            child.restarts = 0
        if child.restarts >= self.patience.restarts:
            times = _("%(number)d times in a row") % {"number": child.restarts + 1}
            raise StartError(self._obituary(child, times))
        pause = self.patience.pause(child.restarts)
        self.say(
            _("%(name)s ended %(how)s; starting it again in %(seconds)g s.")
            % {"name": child.name, "how": how_it_ended(code), "seconds": pause}
        )
        child.process = None
        child.restarts += 1
        child.due_at = now + pause

    def _spawn(self, child: Child) -> None:
        output = _append_to(child.log) if child.log else None
        try:
            child.process = spawn(
                child.command,
                environment=child.environment,
                output=output,
                when_orphaned=child.when_orphaned,
                folder=self.working_folder,
            )
        finally:
            if output is not None:
                os.close(output)
        child.started_at = time.monotonic()

    def _until_next(self, now: float) -> float:
        due = [child.due_at - now for child in self.children.values() if child.process is None]
        return max(0.05, min([*due, 5.0]))

    def _sleep(self, seconds: float) -> None:
        """Sleep until a child ends, at most `seconds`; raise Stopped when asked to stop."""
        if self._signal_within(seconds) in STOP_SIGNALS:
            raise Stopped

    @staticmethod
    def _signal_within(seconds: float) -> int | None:
        found = signal.sigtimedwait(STOP_SIGNALS | {signal.SIGCHLD}, seconds)
        return None if found is None else found.si_signo

    def _shorten_log(self, child: Child) -> None:
        # Children append, so a log can be copied away and cut under their hands.
        if child.log is None or child.log.stat().st_size < LONGEST_LOG_BYTES:
            return
        shutil.copyfile(child.log, child.log.with_suffix(".log.1"))
        os.truncate(child.log, 0)

    def _obituary(self, child: Child, when: str) -> str:
        code = child.process.poll() if child.process else None
        sentence = _("%(name)s ended %(how)s, %(when)s.") % {
            "name": child.name,
            "how": how_it_ended(code or 0),
            "when": when,
        }
        words = last_words(child.log) if child.log else ""
        if not words:
            return sentence
        return (
            sentence + " " + _("Its last words, from %(log)s:") % {"log": child.log} + "\n" + words
        )


def how_it_ended(code: int) -> str:
    if code < 0:
        return _("by signal %(signal)s") % {"signal": signal.Signals(-code).name}
    return _("with exit code %(code)d") % {"code": code}


def last_words(log: Path) -> str:
    try:
        with log.open(errors="replace") as lines:
            return "".join(f"    {line}" for line in deque(lines, LAST_WORDS_LINES)).rstrip()
    except OSError:
        return ""


def _append_to(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
