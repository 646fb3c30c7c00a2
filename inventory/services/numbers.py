"""Numbers that people call papers of the warehouse by: a letter, the day, and which of the day."""

from collections.abc import Callable
from itertools import count
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

Row = TypeVar("Row", bound=Model)


def create_numbered(rows: "QuerySet[Row]", *, letter: str, create: Callable[[str], Row]) -> Row:
    """The row that `create` makes with the first free number of today."""
    stem = f"{letter}{timezone.localdate():%Y%m%d}"
    taken = set(rows.filter(number__startswith=f"{stem}-").values_list("number", flat=True))
    for place in count(1):
        number = f"{stem}-{place}"
        if number in taken:
            continue
        try:
            with transaction.atomic():
                return create(number)
        except IntegrityError:
            # Somebody else took it at the same moment.
            if not rows.filter(number=number).exists():
                raise
    raise AssertionError
