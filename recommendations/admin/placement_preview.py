"""The page that shows a placement as a customer or a visit would see it, and why."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Product
from customers.models import User
from learning.staff_pages import StaffAdmin, figure
from recommendations.models import PlacementCode, Recommender
from recommendations.services.histories import MOST_VIEWED, Context
from recommendations.services.previews import Preview, preview
from recommendations.services.ranking import MARGIN, RANKER
from recommendations.wording import source_name

_FIELD = {"class": "zg-input"}
SEEN_AS_ROWS = [
    choice
    for choice in PlacementCode.choices
    if choice[0] not in {PlacementCode.SEARCH, PlacementCode.CATEGORY}
]


class CodesField(forms.CharField):
    """Codes of published products, set apart by commas or blanks."""

    def clean(self, value: Any) -> list[int]:
        codes = str(super().clean(value) or "").replace(",", " ").replace("，", " ").split()
        if len(codes) > MOST_VIEWED:
            raise forms.ValidationError(_("At most %(most)d products.") % {"most": MOST_VIEWED})
        found = dict(
            Product.objects.published().filter(code__in=codes).values_list("code", "pk").order_by()
        )
        if missing := [code for code in codes if code not in found]:
            raise forms.ValidationError(
                _("There is no published product “%(code)s”.") % {"code": missing[0][:64]}
            )
        return [found[code] for code in codes]


class PreviewForm(forms.Form):
    placement = forms.ChoiceField(
        label=gettext_lazy("placement"), choices=SEEN_AS_ROWS, widget=forms.Select(attrs=_FIELD)
    )
    customer = forms.CharField(
        label=gettext_lazy("customer: user name or email"),
        required=False,
        max_length=254,
        widget=forms.TextInput(
            attrs={**_FIELD, "placeholder": gettext_lazy("somebody without an account")}
        ),
    )
    viewed = CodesField(
        label=gettext_lazy("looked at, codes, the last one first"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_FIELD),
    )
    cart = CodesField(
        label=gettext_lazy("in the cart, codes"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_FIELD),
    )
    product = CodesField(
        label=gettext_lazy("on the page of, code"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs=_FIELD),
    )

    def clean_customer(self) -> User | None:
        text = self.cleaned_data["customer"].strip()
        if not text:
            return None
        found = User.objects.filter(Q(username=text) | Q(email__iexact=text)).first()
        if found is None:
            raise forms.ValidationError(_("Nobody has this name or address."))
        return found


def preview_view(page: StaffAdmin, request: HttpRequest) -> HttpResponseBase:
    """Everything is read from the address; nothing is written."""
    if not request.user.has_perm("recommendations.view_placement"):
        raise PermissionDenied
    form = PreviewForm(request.GET or None)
    if not request.user.has_perm("customers.view_user"):
        # Whom one may not see, one may not look over the shoulder of either.
        del form.fields["customer"]
    found = _preview(form) if form.is_bound and form.is_valid() else None
    context = {
        **page.admin_site.each_context(request),
        "title": _("What would she see?"),
        "form": form,
        "preview": found,
        "rows": [
            {
                "product": each.product,
                "sentence": each.sentence,
                "source": source_name(each.source.partition("@")[0]),
                "arm": each.arm,
                "score": figure(round(each.score, 3)),
                "parts": [(_part_name(name), figure(round(part, 3))) for name, part in each.parts],
            }
            for each in (found.shown if found else ())
        ],
        "served_by": source_name(found.row.served_by) if found else "",
        "ordered_by": source_name(found.ordered_by) if found and found.ordered_by else "",
    }
    return TemplateResponse(request, "recommendations/staff/placement_preview.html", context)


def _preview(form: PreviewForm) -> Preview:
    asked = form.cleaned_data
    product = (asked.get("product") or [None])[0]
    return preview(
        placement=asked["placement"],
        customer=asked.get("customer"),
        context=Context(
            product_id=product, viewed=asked.get("viewed") or (), cart=asked.get("cart") or ()
        ),
    )


def _part_name(name: str) -> str:
    if name in Recommender.values:
        return str(Recommender(name).label)
    if name == RANKER:
        return _("learned order")
    return _("margin") if name == MARGIN else _("chosen by staff")
