"""`make setup` on locks without packages, so that nothing is fetched."""

import shutil
from pathlib import Path

import pytest

from ecomsite.running import install
from tests.running.observing import run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    script = tmp_path / "ecomsite" / "running" / "install.py"
    script.parent.mkdir(parents=True)
    shutil.copy(install.__file__, script)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def set_up(project: Path) -> tuple[int, str, str]:
    ended = run(str(project / "ecomsite" / "running" / "install.py"), "requirements.txt")
    return ended.returncode, ended.stdout, ended.stderr


def test_a_lock_is_installed_once_and_again_when_it_changed(project: Path) -> None:
    code, said, _ = set_up(project)
    assert code == 0
    assert said.startswith("Installing requirements.txt")
    assert (project / ".venv" / "bin" / "python").exists()

    assert set_up(project) == (0, "", "")

    (project / "requirements.txt").write_text("# still nothing\n")
    assert set_up(project)[1].startswith("Installing requirements.txt")


def test_a_lock_that_cannot_be_installed_is_tried_again_the_next_time(project: Path) -> None:
    (project / "requirements.txt").write_text(f"--no-index\nshop==1 --hash=sha256:{'0' * 64}\n")

    for _ in range(2):
        code, _, complaint = set_up(project)
        assert code == 1
        assert complaint.endswith(
            "The packages of requirements.txt could not be installed: see the lines above, and "
            "that this machine reaches the Python package index.\n"
        )
