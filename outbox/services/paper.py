"""The paper that documents are drawn on: A4, with type for every language of the shop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from outbox.services.paper_writer import Paper

INK: Final = (38, 48, 44)
QUIET: Final = (92, 100, 95)
ACCENT: Final = (31, 95, 79)
HEIGHT: Final = 297
MARGIN: Final = 18
WIDTH: Final = 210 - 2 * MARGIN


@contextmanager
def open_paper(*, texts: Sequence[str], footer: str | None) -> Iterator["Paper"]:
    """An empty document that can show these texts; its bytes are read before it is closed.

    footer: beside the numbers of the pages; None for labels, which have neither.

    The font holds only the signs that are asked for, so every text is collected first.
    """
    # What writes fonts and PDF takes 16 MB, which processes that draw nothing do not pay.
    from outbox.services import paper_writer  # noqa: PLC0415

    with paper_writer.open_paper(texts=texts, footer=footer) as paper:
        yield paper
