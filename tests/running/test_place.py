import os
import stat
from pathlib import Path

import pytest

from ecomsite.running import place
from ecomsite.running.problems import StartError


def test_the_secret_is_random_private_and_kept(tmp_path: Path) -> None:
    place.ensure_secret(tmp_path)
    first = (tmp_path / "secret").read_text()
    place.ensure_secret(tmp_path)

    assert (tmp_path / "secret").read_text() == first
    assert len(first.strip()) >= 64
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_an_empty_secret_of_an_interrupted_start_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()

    place.ensure_secret(tmp_path)

    assert len((tmp_path / "secret").read_text()) >= 64


def test_a_folder_serves_one_supervisor_at_a_time(tmp_path: Path) -> None:
    place.prepare_folder(tmp_path)
    first = place.hold_folder(tmp_path)

    with pytest.raises(StartError, match=rf"running already \(process {os.getpid()}\)"):
        place.hold_folder(tmp_path)

    first.close()
    place.hold_folder(tmp_path).close()


def test_the_socket_lies_in_the_folder_when_its_path_is_short() -> None:
    folder = Path("/srv/shop/var")

    assert place.valkey_socket(folder, {}) == Path("/srv/shop/var/run/valkey.sock")


@pytest.mark.parametrize(
    ("environment", "start"),
    [
        ({}, f"/tmp/shop-{os.getuid()}-"),  # noqa: S108
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/shop-"),
        ({"XDG_RUNTIME_DIR": f"/run/{'x' * 100}"}, f"/tmp/shop-{os.getuid()}-"),  # noqa: S108
    ],
)
def test_a_deep_folder_gets_a_socket_elsewhere(environment: dict[str, str], start: str) -> None:
    # Letters of three bytes: the limit counts bytes.
    one, other = Path(f"/srv/{'店' * 31}/a"), Path(f"/srv/{'店' * 31}/b")

    path = place.valkey_socket(one, environment)

    assert str(path).startswith(start)
    assert len(os.fsencode(path)) <= place.LONGEST_SOCKET_PATH_BYTES
    assert path == place.valkey_socket(one, environment)
    assert path != place.valkey_socket(other, environment)


def test_the_longest_path_that_a_socket_can_have_is_used() -> None:
    fits = Path("/" + "x" * (place.LONGEST_SOCKET_PATH_BYTES - len("//run/valkey.sock")))

    assert place.valkey_socket(fits, {}) == fits / "run" / "valkey.sock"
    assert place.valkey_socket(Path(f"{fits}x"), {}).is_relative_to("/tmp")  # noqa: S108


def test_a_private_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "private").symlink_to(tmp_path)

    with pytest.raises(StartError, match="belongs to somebody else"):
        place.make_private(tmp_path / "private")
