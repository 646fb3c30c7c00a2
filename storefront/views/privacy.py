"""What a visitor allows, asked by the bar and on a page of its own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers.models import Consent
from customers.services import consents
from insights.services.browser_consent import ASKED
from storefront import consent
from storefront.forms.people import PrivacyForm
from storefront.reading import back, reader_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def privacy_choice(request: HttpRequest) -> HttpResponse:
    """answer: "all", "none", or "chosen" for what is ticked."""
    if request.method != "POST":
        if reader_of(request) is not None:
            return redirect("storefront:consent-change")
        form = PrivacyForm(initial={each: consent.allows(request, each) for each in ASKED})
        return _page(request, form)
    form = PrivacyForm(request.POST)
    answer = request.POST.get("answer", "")
    if not form.is_valid() or answer not in ("all", "none", "chosen"):
        return _page(request, form)
    wanted = {
        str(purpose): answer == "all" or (answer == "chosen" and form.cleaned_data[purpose])
        for purpose in ASKED
    }
    reader = reader_of(request)
    if reader is not None:
        consents.record_consents(user=reader, wanted=wanted)
    is_part = request.headers.get("HX-Request") == "true"
    if is_part:
        response = HttpResponse("")
        # The page goes on as one that may report, or as one that does not.
        is_followed = wanted[Consent.Purpose.ANALYTICS] and not consent.asks_for_privacy(request)
        response.headers["HX-Trigger"] = "consent-given" if is_followed else "consent-refused"
    else:
        response = back(request, otherwise="storefront:privacy-choice")
        if answer == "chosen":
            messages.success(request, _("We keep to it from now on."))
    consent.write_answer(request, response, wanted)
    return response


def _page(request: HttpRequest, form: PrivacyForm) -> HttpResponse:
    context = {"form": form, "is_refused": consent.asks_for_privacy(request)}
    return render(request, "storefront/privacy_choice.html", context)
