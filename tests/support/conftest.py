"""What every test of reviews needs."""

import pytest

from learning import serving


@pytest.fixture(autouse=True)
def _nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of one test is not served in the next, which numbers its versions anew."""
    monkeypatch.setattr(serving, "_loaded", {})
