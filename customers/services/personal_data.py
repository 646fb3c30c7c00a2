"""Which app holds what of a person: apps register here, requests and retention ask all of them.

Rows that stand for one person are found by their relation to the account, so that a new table of an
app is given out, and removed, without being named.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Model, Q, QuerySet
from django.utils.module_loading import import_string

from customers.models import User

Rows = dict[str, list[dict[str, Any]]]
# What staff did to a row does not make it a row about them.
_ABOUT: Final = frozenset({"customer", "user", "author", "voter"})
BATCH: Final = 2_000
MOST_BATCHES: Final = 500


@dataclass(frozen=True, slots=True)
class Holder:
    """Dotted paths, loaded on first use; empty where an app has nothing to say.

    export(user) gives rows by the name of what they are. erase(user) returns how many rows it
    removed or emptied. obstacles(user) tells in sentences why somebody cannot be erased yet.
    forget(now) does away with what is too old and counts it.
    """

    label: str
    export: str = ""
    erase: str = ""
    obstacles: str = ""
    forget: str = ""


_holders: dict[str, Holder] = {}


def register(
    label: str, *, export: str = "", erase: str = "", obstacles: str = "", forget: str = ""
) -> None:
    """Called from `AppConfig.ready()`; a second registration of an app replaces the first."""
    _holders[label] = Holder(label, export, erase, obstacles, forget)


def holders() -> list[Holder]:
    """From the top of the shop downwards and the account last, so that nobody erases what another
    app still reads."""
    order = {config.label: place for place, config in enumerate(apps.get_app_configs())}
    return sorted(
        _holders.values(),
        key=lambda one: (one.label == "customers", -order.get(one.label, 0)),
    )


def export_all(user: User) -> dict[str, Rows]:
    return {
        holder.label: rows
        for holder in holders()
        if holder.export and (rows := _filled(_call(holder.export, user)))
    }


def erase_all(user: User) -> dict[str, int]:
    """In the caller's transaction, account last."""
    return {holder.label: _call(holder.erase, user) for holder in holders() if holder.erase}


def obstacles_of(user: User) -> list[str]:
    return [
        sentence
        for holder in holders()
        if holder.obstacles
        for sentence in _call(holder.obstacles, user)
    ]


def forget_old(*, now: datetime) -> dict[str, int]:
    """What has been kept long enough; counts by name."""
    counts: dict[str, int] = {}
    for holder in holders():
        if holder.forget:
            for name, count in _call(holder.forget, now).items():
                counts[name] = counts.get(name, 0) + count
    return counts


def own_emails(user: User) -> set[str]:
    """Addresses that the person has proved to be theirs, as they may have been typed."""
    addresses = user.emailaddress_set.filter(verified=True)  # type: ignore[attr-defined]
    proved = set(addresses.values_list("email", flat=True))
    return {spelt for one in proved for spelt in (one, one.lower())}


def account_emails(user: User) -> set[str]:
    """Those, and the one of the account itself."""
    own = {user.email, user.email.lower()} if user.email else set()
    return own | own_emails(user)


def export_rows(label: str, user: User, *, without: Iterable[str] = ()) -> Rows:
    """All rows of an app that stand for a person, by the name of their table."""
    left_out = set(without)
    return {
        str(model._meta.verbose_name_plural): as_rows(rows)
        for model, rows in _rows_about(label, user)
        if model.__name__ not in left_out
    }


def erase_rows(label: str, user: User, *, without: Iterable[str] = ()) -> int:
    left_out = set(without)
    return sum(
        rows.delete()[0]
        for model, rows in _rows_about(label, user)
        if model.__name__ not in left_out
    )


def as_rows(rows: QuerySet[Any, Any], *, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Every column but keys of the shop's own machinery."""
    hidden = {"id", "key", "token", "password", *without}
    names = [
        field.attname
        for field in rows.model._meta.concrete_fields
        if field.name not in hidden and not isinstance(field, models.BinaryField)
    ]
    return [dict(row) for row in rows.values(*names).iterator(chunk_size=BATCH)]


def delete_in_batches(rows: QuerySet[Any, Any]) -> int:
    """Short transactions: nobody waits for a night's tidying. The rest goes the next night."""
    return _in_batches(rows, lambda some: some.delete())


def update_in_batches(rows: QuerySet[Any, Any], **columns: Any) -> int:
    """columns: such that a row which was changed is no longer among `rows`."""
    return _in_batches(rows, lambda some: some.update(**columns))


def _in_batches(rows: QuerySet[Any, Any], work: Callable[[QuerySet[Any, Any]], Any]) -> int:
    done = 0
    for _batch in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        work(rows.model._default_manager.filter(pk__in=keys))
        done += len(keys)
    return done


def _rows_about(label: str, user: User) -> Iterator[tuple[type[Model], QuerySet[Any, Any]]]:
    for model in apps.get_app_config(label).get_models():
        about = Q()
        for field in model._meta.concrete_fields:
            if field.name in _ABOUT and field.related_model is User:
                about |= Q(**{field.name: user})
        if about:
            yield model, model._default_manager.filter(about)


def _filled(rows: Rows) -> Rows:
    return {name: found for name, found in rows.items() if found}


def _call(path: str, argument: Any) -> Any:
    return import_string(path)(argument)
