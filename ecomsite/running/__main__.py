"""`python -m ecomsite.running`: the whole shop under one supervisor, until it is told to stop."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ecomsite.running import address as addresses
from ecomsite.running import place, valkey
from ecomsite.running.banner import banner
from ecomsite.running.language import _
from ecomsite.running.problems import StartError, explain_os_error
from ecomsite.running.procfile import read_procfile
from ecomsite.running.supervisor import Stopped, Supervisor

WEB_ANSWERS_WITHIN = 60.0
VALKEY_ANSWERS_WITHIN = 30.0


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main(environment: Mapping[str, str] = os.environ) -> int:
    try:
        run_shop(environment)
    except StartError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except Stopped:
        say("The shop is closed. 店铺已关闭。")
    except KeyboardInterrupt:
        return 130
    return 0


def run_shop(environment: Mapping[str, str]) -> None:
    started_at = time.monotonic()
    folder = place.state_folder(environment)
    address = addresses.read_address(environment)
    commands = read_procfile(place.REPOSITORY / "Procfile")
    # Orders and addresses are nobody's business but the shop's and its group's, a proxy say.
    os.umask(0o027)
    place.prepare_folder(folder)
    with contextlib.closing(place.hold_folder(folder)):
        addresses.check_free(address)
        if not environment.get("SECRET_KEY"):
            place.ensure_secret(folder)
        env = child_environment(environment, folder, address)
        supervisor = Supervisor(
            say=say,
            log_folder=None if environment.get("LOG_TO_TERMINAL") == "1" else folder / "log",
            working_folder=place.REPOSITORY,
        )
        with supervisor, embedded_valkey(supervisor, folder, env):
            code = supervisor.run("prepare", f'"{sys.executable}" -m ecomsite.running.prepare', env)
            if code != 0:
                raise StartError(_("The shop has not been started."))
            try:
                # The site before the jobs: it opens sooner when it has the processors alone.
                supervisor.start("web", commands.pop("web"), env)
                supervisor.wait_until(
                    lambda: addresses.answers(address),
                    within=WEB_ANSWERS_WITHIN,
                    what=_("The site"),
                )
                for name, command in commands.items():
                    supervisor.start(name, command, env)
                say(banner(address, folder, seconds=time.monotonic() - started_at))
                supervisor.watch()
            except Stopped:
                say("Stopping ... 正在停止……")
                raise
            finally:
                supervisor.stop(["web", *commands])


@contextlib.contextmanager
def embedded_valkey(supervisor: Supervisor, folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """Run Valkey around everything else, unless REDIS_URL names a server of the owner's."""
    if env.get("REDIS_URL"):
        yield
        return
    socket_path = Path(env["VALKEY_SOCKET"])
    place.make_private(socket_path.parent)
    # The folder is ours alone by its lock, so a socket in it is left over from a kill -9.
    socket_path.unlink(missing_ok=True)
    try:
        command = valkey.command(socket_path=socket_path, data_folder=folder / "valkey")
    except OSError as error:
        raise explain_os_error(error, folder / "valkey") from error
    # It saves its files and removes its socket when asked to stop, so it is asked.
    supervisor.start("valkey", command, env, when_orphaned=signal.SIGTERM)
    supervisor.wait_until(
        lambda: valkey.answers(socket_path), within=VALKEY_ANSWERS_WITHIN, what="Valkey"
    )
    try:
        yield
    finally:
        supervisor.stop(["valkey"])
        place.remove_socket(socket_path, folder)


def child_environment(
    environment: Mapping[str, str], folder: Path, address: addresses.Address
) -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {
        **environment,
        "PATH": f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "DJANGO_SETTINGS_MODULE": "ecomsite.settings",
        "VAR_DIR": str(folder),
        "HOST": address.host,
        "PORT": str(address.port),
        "VALKEY_SOCKET": str(place.valkey_socket(folder, environment)),
        "PYTHONUNBUFFERED": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
