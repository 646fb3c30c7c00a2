"""Pages whose rows move in steps: each step a service by POST, refusals above the same page."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from catalog.errors import CatalogError
from catalog.models import Sku
from inventory.errors import (
    InventoryError,
    NoBarcodeError,
    NotAWholeNumberError,
    UnknownSkuError,
)
from inventory.services import scanning
from learning.errors import LearningError
from learning.staff_pages import ReadOnlyAdmin

MAX_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Scan:
    """What the box for scanners brought: a SKU, or why there is none."""

    typed: str = ""
    sku: Sku | None = None
    refusal: str = ""


class StepAdmin(ReadOnlyAdmin):
    """steps: address below the row -> name of the view method."""

    steps: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:row_id>/{step}/",
                self.admin_site.admin_view(getattr(self, method)),
                name=self.step_name(step),
            )
            for step, method in self.steps.items()
        ]
        return [*own, *super().get_urls()]

    def step_name(self, step: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{step}"

    def page_of(self, row_id: int, **query: str) -> str:
        page = reverse(f"admin:{self.step_name('change')}", args=[row_id])
        return f"{page}?{urlencode(query)}" if query else page

    def take_step(
        self,
        request: HttpRequest,
        row_id: int,
        *,
        needs: str,
        work: Callable[[Any], Any],
        said: str = "",
    ) -> HttpResponse:
        """needs: the permission, without the app. `work` may answer with the page to go on to."""
        page = row_key(request.POST.get("page", ""))
        query = {} if page is None else {"p": str(page)}
        here = HttpResponseRedirect(self.page_of(row_id, **query))
        if request.method != "POST":
            return here
        allowed = request.user.has_perm(f"{self.opts.app_label}.{needs}")
        if not allowed or not self.has_view_permission(request):
            raise PermissionDenied
        row: Model | None = self.model._default_manager.filter(pk=row_id).first()
        if row is None:
            raise Http404
        try:
            answer = work(row)
        except (InventoryError, CatalogError, LearningError) as error:
            messages.error(request, str(error))
            return here
        if said:
            messages.success(request, said)
        return answer if isinstance(answer, HttpResponse) else here


class ScanAdmin(StepAdmin):
    """With a box that a scanner types into, and a photo for those who have none."""

    scan_needs = ""

    def scan_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        def read(_row: Any) -> HttpResponse:
            return HttpResponseRedirect(self.page_of(row_id, scan=read_photo(request)))

        return self.take_step(request, row_id, needs=self.scan_needs, work=read)


def read_photo(request: HttpRequest) -> str:
    """The code on a label that somebody photographed. Raises PhotoRefusedError, NoBarcodeError."""
    upload = request.FILES.get("photo")
    if not isinstance(upload, UploadedFile):
        raise NoBarcodeError
    return scanning.read_picture(upload)


def read_scan(request: HttpRequest) -> Scan:
    typed = request.GET.get("scan", "").strip()
    if not typed:
        return Scan()
    try:
        return Scan(typed, sku=scanning.find_sku(typed))
    except UnknownSkuError as error:
        return Scan(typed[: scanning.MAX_LENGTH], refusal=str(error))


def whole_number(text: str) -> int:
    """Units that somebody typed. Raises NotAWholeNumberError: a guess would be booked."""
    digits = text.strip()
    if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MAX_UNITS)):
        units = int(digits)
        if units <= MAX_UNITS:
            return units
    raise NotAWholeNumberError(text)


def row_key(text: str) -> int | None:
    """The key of a row that a form or an address names; longer ones no database has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def reason_of(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:255]
