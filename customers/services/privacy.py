"""Requests of customers about their data: a copy of it, or to be forgotten."""

import json
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.errors import StaffAccountError
from customers.models import DataRequest, User
from customers.services import personal_data
from learning.jobs import send_on_commit
from outbox.errors import WrongAddressError
from outbox.services.emails import queue_email, supported_language

logger = structlog.get_logger(__name__)

MOST_ATTEMPTS: Final = 5
SWEPT_AT_ONCE: Final = 50
ERASED_LETTER: Final = "data_erased"

_STATE, _KIND = DataRequest.State, DataRequest.Kind


def request_export(*, user: User) -> DataRequest:
    """Ask for a copy; while one waits it is that one."""
    return _request(user, _KIND.EXPORT)


def request_erasure(*, user: User) -> DataRequest:
    """Ask to be forgotten; while one waits it is that one.

    Raises StaffAccountError: what staff did has to stay told to somebody.
    """
    if user.is_staff or user.is_superuser:
        raise StaffAccountError
    return _request(user, _KIND.ERASURE)


def withdraw(*, request: DataRequest) -> bool:
    """Whether it could still be withdrawn."""
    return bool(
        DataRequest.objects.filter(pk=request.pk, state=_STATE.WAITING).update(
            state=_STATE.WITHDRAWN, done_at=timezone.now(), problem=""
        )
    )


def carry_out(*, request_id: int) -> DataRequest.State | None:
    """Do what a waiting request asks; None where it does not wait any more.

    What fails is tried again by the sweep, and given to staff after a few times.
    """
    request = DataRequest.objects.filter(pk=request_id, state=_STATE.WAITING).first()
    if request is None or request.user is None:
        return None
    try:
        if request.kind == _KIND.EXPORT:
            _export(request, request.user)
        else:
            _erase(request, request.user)
    except Exception:  # the row keeps its state, and the next attempt finds it
        logger.exception("data_request_failed", request=request_id)
        _count_failure(request_id)
    return DataRequest.State(DataRequest.objects.get(pk=request_id).state)


def sweep_requests() -> int:
    """Send a job for what waits; how many."""
    waiting = list(DataRequest.objects.waiting().values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    for request_id in waiting:
        send_on_commit("customers.carry_out_data_request", request_id, expires_seconds=240)
    return len(waiting)


def retry(*, request: DataRequest) -> bool:
    """Staff have mended what was wrong. Whether it waits again."""
    try:
        with transaction.atomic():
            again = DataRequest.objects.filter(pk=request.pk, state=_STATE.FAILED).exclude(
                user=None
            )
            changed = again.update(state=_STATE.WAITING, attempts=0, problem="", done_at=None)
    except IntegrityError:
        # The customer has asked once more meanwhile.
        return False
    if changed:
        send_on_commit("customers.carry_out_data_request", request.pk)
    return bool(changed)


def read_archive(*, user: User, request_id: int, now: datetime) -> bytes | None:
    """The copy that a customer asked for, while it is kept."""
    found = DataRequest.objects.filter(
        pk=request_id, user=user, kind=_KIND.EXPORT, state=_STATE.DONE, expires_at__gt=now
    ).first()
    return None if found is None or found.archive is None else bytes(found.archive)


def make_archive(user: User) -> tuple[bytes, dict[str, int]]:
    """All that the shop knows of a person as a ZIP of JSON, one file an app; and rows by app."""
    language = supported_language(user.language)
    counts: dict[str, int] = {}
    buffer = BytesIO()
    with (
        translation.override(language),
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("README.txt", _read_me())
        for label, rows in sorted(personal_data.export_all(user).items()):
            counts[label] = sum(len(one) for one in rows.values())
            text = json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            archive.writestr(f"{label}.json", text)
    return buffer.getvalue(), counts


def _request(user: User, kind: DataRequest.Kind) -> DataRequest:
    try:
        with transaction.atomic():
            request = DataRequest.objects.create(user=user, kind=kind)
    except IntegrityError:
        return DataRequest.objects.get(user=user, kind=kind, state=_STATE.WAITING)
    send_on_commit("customers.carry_out_data_request", request.pk)
    return request


def _export(request: DataRequest, user: User) -> None:
    archive, counts = make_archive(user)
    now = timezone.now()
    with transaction.atomic():
        done = DataRequest.objects.filter(pk=request.pk, state=_STATE.WAITING).update(
            state=_STATE.DONE,
            archive=archive,
            size_bytes=len(archive),
            counts=counts,
            problem="",
            done_at=now,
            expires_at=now + timedelta(days=settings.RETENTION_EXPORT_DAYS),
        )
        if done:
            _write(request, user, kind="data_ready", days=settings.RETENTION_EXPORT_DAYS)


@transaction.atomic
def _erase(request: DataRequest, user: User) -> None:
    # Whoever comes second waits for this row, and finds the request done.
    if not DataRequest.objects.filter(pk=request.pk, state=_STATE.WAITING).update(
        state=_STATE.DONE, done_at=timezone.now(), problem=""
    ):
        return
    with translation.override(supported_language(user.language)):
        obstacles = personal_data.obstacles_of(user)
    if obstacles:
        DataRequest.objects.filter(pk=request.pk).update(
            state=_STATE.WAITING, done_at=None, problem=obstacles[0][:255]
        )
        return
    address, language, key = user.email, user.language, user.pk
    counts = personal_data.erase_all(user)
    DataRequest.objects.filter(pk=request.pk).update(counts=counts)
    # Copies that were asked for before hold all that was just removed.
    DataRequest.objects.filter(user=key).update(archive=None, expires_at=None)
    # Whatever an app did not name goes with the account, or loses its relation to it.
    User.objects.get(pk=key).delete()
    if address:
        _write(request, None, kind=ERASED_LETTER, address=address, language=language)


def _count_failure(request_id: int) -> None:
    waiting = DataRequest.objects.filter(pk=request_id, state=_STATE.WAITING)
    waiting.update(attempts=F("attempts") + 1)
    waiting.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=_STATE.FAILED, problem=_("it failed; the log says why"), done_at=timezone.now()
    )


def _write(
    request: DataRequest,
    user: User | None,
    *,
    kind: str,
    address: str = "",
    language: str = "",
    **words: Any,
) -> None:
    to = (user.email if user else address) or ""
    if not to:
        return
    language = user.language if user else language
    with translation.override(supported_language(language)):
        page = f"{settings.SHOP_URL}{reverse('storefront:data-requests')}"
    try:
        queue_email(
            kind=kind,
            to=to,
            language=language,
            template=f"customers/letters/{kind}",
            context={"data_url": page, **words},
            key=f"{kind}:{request.pk}",
            user=user,
        )
    except WrongAddressError:
        logger.warning("data_letter_without_address", request=request.pk)


def _read_me() -> str:
    return "\n\n".join(
        (
            str(settings.SHOP_NAME),
            _("What this shop keeps about you, as of %(moment)s.")
            % {"moment": timezone.localtime().strftime("%Y-%m-%d %H:%M")},
            _("Each file holds the rows of one part of the shop as JSON, which any program reads."),
            _(
                "Amounts are in minor units of their currency: 1999 CNY means 19.99. Moments are "
                "in UTC."
            ),
        )
    )
