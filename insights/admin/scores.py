"""Staff pages of what is expected of customers: whom to win back, each customer, and lists."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import action

from catalog.money import format_money, plain_amount
from customers.models import Consent, User
from insights.admin.customer_expectations import read_cards
from insights.models import (
    CategoryAffinity,
    ChurnScore,
    CustomerScore,
    CustomerValue,
    PurchasePropensity,
    WritingTime,
)
from insights.score_wording import share_bar, short_reason, writing_slot
from insights.services import score_marks
from insights.services.score_reading import (
    refuses_profiling,
    why_missing,
    worth_winning_back,
)
from insights.services.segment_rules import facts
from inventory.admin.exports import csv_file
from learning.errors import AlreadyReviewedError
from learning.staff_pages import EMPTY, ReadOnlyAdmin, bar, chip, figure, percent, person

MARKABLE: dict[str, type[CustomerScore]] = {
    str(model._meta.model_name): model
    for model in (PurchasePropensity, ChurnScore, CustomerValue, WritingTime)
}
LONGEST_REASON = 500


class MarkedFilter(admin.SimpleListFilter):
    title = gettext_lazy("mark")
    parameter_name = "mark"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("standing", _("in use")), ("wrong", _("marked as wrong"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("standing", "wrong"):
            return queryset.filter(marked_wrong_at__isnull=self.value() == "standing")
        return queryset


class ScoreAdmin(ReadOnlyAdmin):
    """A list of one kind of score; a row leads to all that is expected of the customer."""

    list_select_related: Sequence[str] = ("customer", "model_version")
    list_filter: Sequence[Any] = (MarkedFilter,)
    search_fields: Sequence[str] = (
        "customer__username",
        "customer__email",
        "customer__first_name",
        "customer__last_name",
    )
    list_display_links = None
    list_before_template = "insights/staff/score_list.html"
    actions: Sequence[str] = ("mark_selected",)
    pipeline = ""
    file_name = "scores"

    def above(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def heads(self) -> list[str]:
        return []

    def cells(self, row: Any) -> list[Any]:
        return []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        asked = request.GET.copy()
        wants_file = asked.pop("export", None) == ["csv"]
        if wants_file:
            # The list takes a parameter that it does not know for a mistake and leads away.
            request.GET = asked  # type: ignore[assignment]  # as mutable as Django's own copies
        answer: Any = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None) or {}
        changes = context.get("cl")
        if changes is None:
            return answer  # type: ignore[no-any-return]  # unfold has no types
        if wants_file:
            return csv_file(self.file_name, self.heads(), self._lines(request, changes.queryset))
        asked["export"] = "csv"
        missing = "" if changes.result_count else _why(self.pipeline)
        context.update(
            export_query=asked.urlencode() if self.heads() else "",
            missing=missing,
            **self.above(request),
        )
        return answer  # type: ignore[no-any-return]  # unfold has no types

    def _lines(self, request: HttpRequest, found: QuerySet[Any]) -> Iterator[list[Any]]:
        for row in found.iterator(chunk_size=1_000):
            yield self.cells(row)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return HttpResponseRedirect(_customer_url(row.customer_id))

    def has_review_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(f"insights.review_{self.opts.model_name}"))

    @action(description=gettext_lazy("Mark as wrong"), permissions=["review"])
    def mark_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        n_done = 0
        for row in queryset.order_by("pk")[:500]:
            try:
                score_marks.mark_wrong(score=row, user=person(request))
                n_done += 1
            except AlreadyReviewedError:
                continue
        said = ngettext("Marked %(n)d score as wrong.", "Marked %(n)d scores as wrong.", n_done)
        messages.success(request, said % {"n": n_done})

    @admin.display(description=gettext_lazy("customer"), ordering="customer")
    def who(self, row: Any) -> SafeString:
        return format_html(
            '<a class="zg-link" href="{}">{}</a>', _customer_url(row.customer_id), row.customer
        )

    @admin.display(description=gettext_lazy("mark"), ordering="marked_wrong_at")
    def mark(self, row: Any) -> SafeString:
        if row.marked_wrong_at is None:
            return format_html("{}", EMPTY)
        return chip("wrong", _("wrong"), {"wrong": "bad"})

    @admin.display(description=gettext_lazy("because"))
    def because(self, row: Any) -> str:
        return short_reason(row.explanation)

    @admin.display(description=gettext_lazy("version"))
    def version(self, row: Any) -> str:
        return EMPTY if row.model_version is None else f"v{row.model_version.number}"


@admin.register(ChurnScore)
class ChurnScoreAdmin(ScoreAdmin):
    """Whom to win back: by the probability that she stays away times what she is to spend."""

    list_display = ("who", "churn", "stake", "year", "because", "best_time", "mark", "version")
    ordering = ("-at_stake_minor", "pk")
    pipeline = "insights.churn"
    file_name = "whom-to-win-back"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChurnScore]:
        return worth_winning_back()

    def above(self, request: HttpRequest) -> dict[str, Any]:
        standing = ChurnScore.objects.standing()
        sums = standing.aggregate(stake=Sum("at_stake_minor"))
        likely = standing.filter(value__gte=0.5).count()
        newest = standing.order_by("-as_of").values_list("as_of", flat=True).first()
        return {
            "facts": []
            if newest is None
            else [
                (_("as of"), newest),
                (_("customers"), figure(standing.count())),
                (_("more likely to stay away than not"), figure(likely)),
                (_("at stake in a year"), format_money(sums["stake"] or 0, settings.CURRENCY)),
            ],
            "explain": _(
                "At stake: the probability that she orders nothing within 90 days, times what "
                "she is expected to spend in a year. Who surely stays, and who surely left, "
                "counts for little."
            ),
        }

    def heads(self) -> list[str]:
        return [
            _("customer"),
            _("account"),
            _("email address"),
            _("letters allowed"),
            _("probability of no order"),
            _("at stake"),
            _("expected spend in a year"),
            _("currency"),
            _("because"),
            _("best time to write"),
            _("marked as wrong"),
            _("version"),
            _("as of"),
        ]

    def _lines(self, request: HttpRequest, found: QuerySet[Any]) -> Iterator[list[Any]]:
        # An address goes out only with the consent to be written to, to who may see it anyway.
        sees_people = request.user.has_perm("customers.view_user")
        allowed = set(facts.consenting(Consent.Purpose.MARKETING).values_list("user", flat=True))
        for row in found.iterator(chunk_size=1_000):
            may_write = row.customer_id in allowed
            yield [
                str(row.customer),
                row.customer.username,
                row.customer.email if may_write and sees_people else "",
                _("yes") if may_write else _("no"),
                round(row.value, 4),
                plain_amount(row.at_stake_minor, settings.CURRENCY),
                "" if row.year_minor is None else plain_amount(row.year_minor, settings.CURRENCY),
                settings.CURRENCY,
                short_reason(row.explanation),
                "" if row.write_on is None else writing_slot(row.write_on, row.write_at),
                "" if row.marked_wrong_at is None else _("yes"),
                str(row.model_version or ""),
                row.as_of.isoformat(),
            ]

    @admin.display(description=gettext_lazy("no order in 90 days"), ordering="value")
    def churn(self, row: ChurnScore) -> SafeString:
        return share_bar(row.value, tone="bad" if row.value >= 0.6 else "")

    @admin.display(description=gettext_lazy("at stake"), ordering="at_stake_minor")
    def stake(self, row: ChurnScore) -> str:
        return format_money(row.at_stake_minor, settings.CURRENCY)

    @admin.display(description=gettext_lazy("expected in a year"))
    def year(self, row: Any) -> str:
        return EMPTY if row.year_minor is None else format_money(row.year_minor, settings.CURRENCY)

    @admin.display(description=gettext_lazy("best time to write"))
    def best_time(self, row: Any) -> str:
        return EMPTY if row.write_on is None else writing_slot(row.write_on, row.write_at)

    # One customer.

    def get_urls(self) -> list[URLPattern]:
        def own(route: str, view: Any, name: str) -> URLPattern:
            found: URLPattern = path(
                route, self.admin_site.admin_view(view), name=f"insights_churnscore_{name}"
            )
            return found

        return [
            own("customer/<int:customer_id>/", self.customer_view, "customer"),
            own("customer/<int:customer_id>/mark/", require_POST(self.mark_view), "mark"),
            *super().get_urls(),
        ]

    def customer_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        """All that is expected of one customer, and why."""
        customer = self._customer(request, customer_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What is expected of %(customer)s") % {"customer": customer},
            "customer": customer,
            "customer_url": reverse("admin:customers_user_change", args=[customer.pk])
            if request.user.has_perm("customers.view_user")
            else "",
            "cards": read_cards(customer, request),
            "refuses": refuses_profiling(customer),
            "mark_url": reverse("admin:insights_churnscore_mark", args=[customer.pk]),
        }
        return TemplateResponse(request, "insights/staff/expected.html", context)

    def mark_view(self, request: HttpRequest, customer_id: int) -> HttpResponse:
        customer = self._customer(request, customer_id)
        here = _customer_url(customer.pk)
        code, asked = request.POST.get("score", ""), request.POST.get("do")
        model = MARKABLE.get(code)
        if model is None or asked not in ("wrong", "right"):
            raise Http404
        if not request.user.has_perm(f"insights.review_{code}"):
            raise PermissionDenied
        score = model._default_manager.filter(customer=customer).first()
        if score is None:
            raise Http404
        change = score_marks.mark_wrong if asked == "wrong" else score_marks.lift_mark
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        try:
            change(score=score, user=person(request), reason=reason)
        except AlreadyReviewedError as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(here)
        if asked == "wrong":
            messages.success(request, _("Marked as wrong: nothing is done by it any more."))
        else:
            messages.success(request, _("In use again."))
        return HttpResponseRedirect(here)

    def _customer(self, request: HttpRequest, customer_id: int) -> User:
        """Whom the person at work may look at; nobody else is there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        customer = User.objects.customers().filter(pk=customer_id).first()
        if customer is None:
            raise Http404
        return customer


@admin.register(PurchasePropensity)
class PurchasePropensityAdmin(ScoreAdmin):
    list_display = ("who", "probability", "because", "mark", "version")
    ordering = ("-value", "pk")
    pipeline = "insights.purchase"

    @admin.display(description=gettext_lazy("order within 30 days"), ordering="value")
    def probability(self, row: PurchasePropensity) -> SafeString:
        return share_bar(row.value)


@admin.register(CustomerValue)
class CustomerValueAdmin(ScoreAdmin):
    list_display = ("who", "amount", "orders", "active", "own", "because", "mark", "version")
    ordering = ("-value", "pk")
    pipeline = "insights.customer_value"

    @admin.display(description=gettext_lazy("expected in a year"), ordering="value")
    def amount(self, row: CustomerValue) -> str:
        return format_money(row.value, row.currency)

    @admin.display(description=gettext_lazy("expected orders"), ordering="expected_orders")
    def orders(self, row: CustomerValue) -> str:
        return figure(round(row.expected_orders, 1))

    @admin.display(description=gettext_lazy("still a customer"), ordering="active_probability")
    def active(self, row: CustomerValue) -> SafeString:
        return share_bar(row.active_probability)

    @admin.display(description=gettext_lazy("her own history"), ordering="confidence")
    def own(self, row: CustomerValue) -> str:
        return percent(row.confidence)


@admin.register(WritingTime)
class WritingTimeAdmin(ScoreAdmin):
    list_display = ("who", "slot", "times", "moments", "mark", "version")
    list_filter = (MarkedFilter, "weekday")
    ordering = ("-value", "pk")
    pipeline = "insights.writing_time"

    @admin.display(description=gettext_lazy("best time to write"), ordering="hour")
    def slot(self, row: WritingTime) -> str:
        return writing_slot(row.weekday, row.hour)

    @admin.display(description=gettext_lazy("times any hour"), ordering="value")
    def times(self, row: WritingTime) -> str:
        return figure(round(row.value, 1))


@admin.register(CategoryAffinity)
class CategoryAffinityAdmin(ReadOnlyAdmin):
    list_display = ("who", "category", "share", "times", "rank")
    list_filter = ("rank",)
    list_select_related = ("customer", "category")
    list_display_links = None
    ordering = ("customer", "rank")
    search_fields = ("customer__username", "customer__first_name", "customer__last_name")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return HttpResponseRedirect(_customer_url(row.customer_id))

    @admin.display(description=gettext_lazy("customer"), ordering="customer")
    def who(self, row: CategoryAffinity) -> SafeString:
        return format_html(
            '<a class="zg-link" href="{}">{}</a>', _customer_url(row.customer_id), row.customer
        )

    @admin.display(description=gettext_lazy("share expected"), ordering="value")
    def share(self, row: CategoryAffinity) -> SafeString:
        return bar(row.value)

    @admin.display(description=gettext_lazy("times everybody's share"), ordering="lift")
    def times(self, row: CategoryAffinity) -> str:
        return figure(round(row.lift, 1))


def _customer_url(customer_id: int) -> str:
    return reverse("admin:insights_churnscore_customer", args=[customer_id])


def _why(pipeline: str) -> str:
    why = why_missing(pipeline)
    if why == "rejected":
        return _("The last model did not pass its gate, so nothing is told.")
    if why in ("", "never"):
        return _("Nothing is told yet: the nights learn and write it.")
    return why
