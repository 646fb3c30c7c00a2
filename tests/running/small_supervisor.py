"""A supervisor over the commands `NAME=COMMAND ...`, with little patience, for tests to watch."""

import os
import sys
from pathlib import Path

from ecomsite.running.problems import StartError
from ecomsite.running.supervisor import Patience, Stopped, Supervisor

PATIENCE = Patience(
    restarts=2, first_pause=0.05, longest_pause=0.1, settled_after=30.0, stop_within=1.5
)


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main() -> int:
    folder = Path(os.environ["LOGS"])
    supervisor = Supervisor(say=say, log_folder=folder, working_folder=folder, patience=PATIENCE)
    try:
        with supervisor:
            for argument in sys.argv[1:]:
                name, _, command = argument.partition("=")
                supervisor.start(name, command, os.environ)
            say("watching")
            supervisor.watch()
    except Stopped:
        say("stopped")
        return 0
    except StartError as problem:
        say(str(problem))
    return 1


if __name__ == "__main__":
    sys.exit(main())
