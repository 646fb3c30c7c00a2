import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecomsite.running.supervisor import LONGEST_LOG_BYTES
from tests.running.observing import processes_of, start, wait_for

WELL = "sleep 600"


class Watched:
    """A supervisor under test, and what it printed."""

    def __init__(self, folder: Path, *commands: str) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] = start(
            "-m", "tests.running.small_supervisor", *commands, output=self.output, LOGS=str(folder)
        )
        wait_for(lambda: "watching" in self.said(), "the supervisor to start")

    def said(self) -> str:
        return self.output.read_text()

    def children(self) -> dict[int, str]:
        found = processes_of(self.folder, variable="LOGS")
        found.pop(self.process.pid, None)
        return found

    def child(self, word: str) -> int:
        wait_for(lambda: any(word in line for line in self.children().values()), word)
        return next(pid for pid, line in self.children().items() if word in line)

    def ended(self) -> int:
        return self.process.wait(timeout=30)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[type[Watched]]:
    yield Watched
    for pid in processes_of(tmp_path, variable="LOGS"):
        os.kill(pid, signal.SIGKILL)


def test_a_child_that_ends_is_started_again(watch: type[Watched], tmp_path: Path) -> None:
    shop = watch(tmp_path, f"worker={WELL}")
    first = shop.child("sleep")

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: shop.children().keys() - {first} != set(), "another worker")
    assert "worker ended by signal SIGKILL; starting it again in 0.05 s." in shop.said()


def test_a_child_that_keeps_ending_ends_the_shop_with_its_last_words(
    watch: type[Watched], tmp_path: Path
) -> None:
    shop = watch(tmp_path, f"worker={WELL}", "web=sh -c 'echo no such module; exit 3'")

    assert shop.ended() == 1
    last = shop.said().split("watching\n")[1]
    assert last.count("web ended with exit code 3; starting it again") == 2
    assert "web ended with exit code 3, 3 times in a row." in last
    assert "    no such module" in last
    assert shop.children() == {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_process(
    how: signal.Signals, watch: type[Watched], tmp_path: Path
) -> None:
    shop = watch(tmp_path, f"worker={WELL}", "web=sh -c 'sleep 601 & sleep 602 & wait'")
    shop.child("sleep 602")

    shop.process.send_signal(how)

    assert shop.ended() == 0
    assert shop.said().endswith("stopped\n")
    assert shop.children() == {}


def test_a_child_that_will_not_stop_is_killed(watch: type[Watched], tmp_path: Path) -> None:
    shop = watch(tmp_path, "web=sh -c 'trap \"\" TERM; sleep 600; sleep 601'")
    shop.child("sleep 600")

    shop.process.terminate()

    assert shop.ended() == 0
    assert shop.children() == {}


def test_children_do_not_outlive_a_supervisor_that_was_killed(
    watch: type[Watched], tmp_path: Path
) -> None:
    shop = watch(tmp_path, f"worker={WELL}", "web=env A=b nice sleep 601")
    shop.child("sleep 601")

    shop.process.kill()

    wait_for(lambda: shop.children() == {}, "the children to end", seconds=10)


def test_a_log_that_grows_is_cut_and_the_part_before_is_kept(
    watch: type[Watched], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    log.write_bytes(b"x" * LONGEST_LOG_BYTES)

    watch(tmp_path, f"worker={WELL}")

    wait_for(lambda: log.stat().st_size == 0, "the log to be cut")
    assert (tmp_path / "worker.log.1").stat().st_size == LONGEST_LOG_BYTES
