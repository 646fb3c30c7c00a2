"""A customer's page about their data: a copy, erasure, and what became of earlier requests.

All of it asks for the password once more: whoever finds an open browser gets nothing here.
"""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from customers.errors import CustomersError
from customers.models import DataRequest, User
from customers.services import privacy
from storefront.limits import is_too_often

SHOWN = 20
RATE = "10/day"


def _customer(request: HttpRequest) -> User:
    return cast("User", request.user)


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_safe
def data_requests(request: HttpRequest) -> HttpResponse:
    user = _customer(request)
    rows = list(DataRequest.objects.without_archive().filter(user=user)[:SHOWN])
    now = timezone.now()
    context = {
        "requests": rows,
        "ready": [row.pk for row in rows if row.expires_at and row.expires_at > now],
        "is_staff": user.is_staff,
    }
    return render(request, "storefront/account/personal_data.html", context)


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_POST
def data_export(request: HttpRequest) -> HttpResponse:
    if is_too_often(request, form="data-export", rate=RATE):
        return render(request, "429.html", status=429)
    privacy.request_export(user=_customer(request))
    messages.success(request, _("We put it together and write to you when it is ready."))
    return redirect("storefront:data-requests")


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_POST
def data_erase(request: HttpRequest) -> HttpResponse:
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Please say that you are sure."))
        return redirect("storefront:data-requests")
    try:
        privacy.request_erasure(user=_customer(request))
    except CustomersError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("We erase your data as soon as nothing is under way, and write to you.")
        )
    return redirect("storefront:data-requests")


@login_required
@require_POST
def data_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(DataRequest, pk=pk, user=_customer(request))
    if privacy.withdraw(request=found):
        messages.success(request, _("Withdrawn. Nothing was done."))
    return redirect("storefront:data-requests")


@never_cache
@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_safe
def data_download(request: HttpRequest, pk: int) -> HttpResponse:
    archive = privacy.read_archive(user=_customer(request), request_id=pk, now=timezone.now())
    if archive is None:
        raise Http404
    response = HttpResponse(archive, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response
