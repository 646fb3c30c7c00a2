import re

from tests.running.observing import REPOSITORY

READS = re.compile(
    r'env\.\w+\(\s*"([A-Z_]+)"|environ(?:ment)?\.get\("([A-Z_]+)"|\$\{([A-Z_]+):-',
)
NOT_OURS = {"PATH", "XDG_RUNTIME_DIR", "PYTEST_XDIST_WORKER"}


def variables_read() -> set[str]:
    sources = [
        REPOSITORY / "ecomsite" / "settings.py",
        REPOSITORY / "Procfile",
        REPOSITORY / "tests" / "check",
        REPOSITORY / "tests" / "environment.py",
        *(REPOSITORY / "ecomsite" / "running").glob("*.py"),
    ]
    found = [match for path in sources for match in READS.findall(path.read_text())]
    return {name for names in found for name in names if name} - NOT_OURS


def variables_on_the_page() -> set[str]:
    page = (REPOSITORY / "docs" / "operations.md").read_text()
    table = page.split("## Settings")[1].split("## Health")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)}


def test_the_page_lists_each_variable_and_no_other() -> None:
    assert variables_on_the_page() == variables_read()
