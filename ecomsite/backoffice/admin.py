"""Staff pages that join several apps, and the pages of packages in the shop's dress."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_celery_beat.admin import CrontabScheduleAdmin as BeatCrontabScheduleAdmin
from django_celery_beat.admin import IntervalScheduleAdmin as BeatIntervalScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BeatPeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.admin.products import ProductAdmin
from catalog.models import Product, Sku
from customers.admin import UserAdmin
from customers.models import User
from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.roles import role_title
from ecomsite.backoffice.stages import read_stages
from ecomsite.backoffice.wording import WAITING_TITLES
from insights.admin.customer_expectations import expectations_block
from insights.admin.customer_segments import segments_block
from inventory.models import DemandForecast, StockLevel
from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip, facts_table, figure
from orders.models import Order

RUN_TONES = {"running": "info", "done": "good", "done_with_failures": "warn", "lost": "bad"}

# What roles are made of; the rest belongs to Django's own tables.
APPS_WITH_PERMISSIONS = (
    "backoffice",
    "api",
    "outbox",
    "learning",
    "customers",
    "catalog",
    "inventory",
    "orders",
    "support",
    "insights",
    "recommendations",
    "auth",
    "django_celery_beat",
)
VERBS = {
    "add": pgettext_lazy("permission", "add"),
    "change": pgettext_lazy("permission", "change"),
    "delete": pgettext_lazy("permission", "delete"),
    "view": pgettext_lazy("permission", "see"),
}

for model in (
    Group,
    Product,
    User,
    PeriodicTask,
    IntervalSchedule,
    CrontabSchedule,
    SolarSchedule,
    ClockedSchedule,
):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Product)
class StockedProductAdmin(ProductAdmin):
    """The page of a product with what inventory knows about it."""

    readonly_fields = (*ProductAdmin.readonly_fields, "stock_by_sku")
    fieldsets = (*ProductAdmin.fieldsets, (_("Stock and forecast"), {"fields": ("stock_by_sku",)}))

    @admin.display(description=_("by SKU"))
    def stock_by_sku(self, product: Product) -> SafeString:
        forecast = DemandForecast.objects.filter(sku=OuterRef("pk"), is_current=True).order_by("pk")
        skus = (
            Sku.objects.filter(product=product)
            .annotate(
                on_hand=_sum_of("on_hand"),
                reserved=_sum_of("reserved"),
                expected=Subquery(forecast.values("units")[:1]),
                forecast=Subquery(forecast.values("pk")[:1]),
                horizon=Subquery(forecast.values("horizon_days")[:1]),
            )
            .order_by("position", "pk")
        )
        return render_to_string(
            "backoffice/stock_by_sku.html",
            {
                "rows": [
                    {
                        "sku": sku,
                        "on_hand": figure(sku.on_hand),
                        "reserved": figure(sku.reserved),
                        "available": figure(sku.on_hand - sku.reserved),
                        "expected": (
                            EMPTY if sku.expected is None else figure(round(sku.expected, 1))
                        ),
                        "horizon": sku.horizon,
                        "forecast_url": _page_of("inventory_demandforecast", sku.forecast),
                    }
                    for sku in skus
                ]
            },
        )


@admin.register(User)
class ShopperAdmin(UserAdmin):
    """The page of a person with what they bought."""

    list_display = (*UserAdmin.list_display[:4], "orders_count", *UserAdmin.list_display[4:])

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        placed = (
            Order.objects.filter(customer=OuterRef("pk"))
            .order_by()
            .values("customer")
            .annotate(n=Count("pk"))
        )
        return people.annotate(n_orders=Coalesce(Subquery(placed.values("n")), 0))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        form_field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            form_field.label = _("roles")
            form_field.label_from_instance = lambda group: role_title(group.name)
        return form_field

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "segments", "expectations")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.is_staff:
            return fieldsets
        if request.user.has_perm("insights.view_segment"):
            fieldsets = (*fieldsets, (_("Segments"), {"fields": ("segments",)}))
        if request.user.has_perm("insights.view_churnscore"):
            # What is shown depends on who looks, which a column of the page is not told.
            if not hasattr(obj, "shown_expectations"):
                obj.shown_expectations = expectations_block(obj, request)
            fieldsets = (*fieldsets, (_("What is expected"), {"fields": ("expectations",)}))
        return fieldsets

    @admin.display(description=_("what is expected of the customer"))
    def expectations(self, user: Any) -> SafeString:
        return getattr(user, "shown_expectations", SafeString())

    @admin.display(description=_("in these segments"))
    def segments(self, user: User) -> SafeString:
        return segments_block(user)

    @admin.display(description=_("orders"), ordering="n_orders")
    def orders_count(self, user: Any) -> str:
        return figure(user.n_orders)


@admin.register(NightlyRun)
class NightlyRunAdmin(ReadOnlyAdmin):
    list_display = ("as_of", "status_label", "stages_count", "took", "started_at", "finished_at")
    list_filter = ("status",)
    date_hierarchy = "as_of"
    fields = ("as_of", "status_label", "took", "stages_shown", "waiting_shown", "started_at")

    @admin.display(description=_("status"), ordering="status")
    def status_label(self, run: NightlyRun) -> SafeString:
        return chip(run.status, run.get_status_display(), RUN_TONES)

    @admin.display(description=_("steps"))
    def stages_count(self, run: NightlyRun) -> str:
        return figure(len(run.stages))

    @admin.display(description=_("took"))
    def took(self, run: NightlyRun) -> str:
        seconds = sum(stage.get("seconds", 0) for stage in run.stages)
        return gettext("%(n)s s") % {"n": figure(round(seconds, 1))}

    @admin.display(description=_("what it did"))
    def stages_shown(self, run: NightlyRun) -> SafeString:
        return render_to_string("backoffice/_stages.html", {"stages": read_stages(run)})

    @admin.display(description=_("what waited for people at its end"))
    def waiting_shown(self, run: NightlyRun) -> SafeString:
        return facts_table(
            (WAITING_TITLES.get(kind, kind), number) for kind, number in run.waiting.items()
        )


@admin.register(Group)
class RoleAdmin(DjangoGroupAdmin, StaffAdmin):
    list_display = ("role", "people", "permissions_count")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(
            n_people=Count("user", distinct=True), n_permissions=Count("permissions", distinct=True)
        )

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        form_field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "permissions":
            form_field.queryset = form_field.queryset.filter(
                content_type__app_label__in=APPS_WITH_PERMISSIONS
            )
            form_field.label_from_instance = permission_title
        return form_field

    @admin.display(description=_("role"), ordering="name")
    def role(self, group: Group) -> str:
        return role_title(group.name)

    @admin.display(description=_("people"), ordering="n_people")
    def people(self, group: Any) -> str:
        return figure(group.n_people)

    @admin.display(description=_("permissions"), ordering="n_permissions")
    def permissions_count(self, group: Any) -> str:
        return figure(group.n_permissions)


def permission_title(permission: Permission) -> str:
    """ "Product: change" in the reader's language, where Django stores an English sentence."""
    verb, _underscore, _model = permission.codename.partition("_")
    if verb not in VERBS:
        # The permissions of our own models are sentences of our catalogues.
        return gettext(permission.name)
    return f"{capfirst(permission.content_type.name)}: {VERBS[verb]}"


class TaskWidget(UnfoldAdminSelectWidget, TaskSelectWidget):
    """Choice of the jobs that exist, in unfold's dress."""


class ScheduledJobForm(PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskWidget()


@admin.register(PeriodicTask)
class ScheduledJobAdmin(BeatPeriodicTaskAdmin, StaffAdmin):
    form = ScheduledJobForm
    list_display = ("name", "task", "schedule_shown", "enabled_label", "last_run_at", "runs")
    list_filter = ("enabled", "one_off")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    fieldsets = (
        (None, {"fields": ("name", "regtask", "task", "enabled", "description")}),
        (
            _("When"),
            {"fields": ("interval", "crontab", "start_time", "last_run_at", "one_off")},
        ),
        (_("With what"), {"fields": ("args", "kwargs", "queue", "expire_seconds")}),
    )
    search_fields = ("name", "task")

    @admin.display(description=_("schedule"))
    def schedule_shown(self, job: PeriodicTask) -> str:
        return str(job.scheduler)

    @admin.display(description=_("state"), ordering="enabled")
    def enabled_label(self, job: PeriodicTask) -> SafeString:
        if job.enabled:
            return chip("on", gettext("on"), {"on": "good"})
        return chip("off", gettext("off"))

    @admin.display(description=_("runs"), ordering="total_run_count")
    def runs(self, job: PeriodicTask) -> str:
        return figure(job.total_run_count)


@admin.register(IntervalSchedule)
class IntervalAdmin(BeatIntervalScheduleAdmin, StaffAdmin):
    list_display = ("every", "period")


@admin.register(CrontabSchedule)
class CrontabAdmin(BeatCrontabScheduleAdmin, StaffAdmin):
    pass


def _sum_of(column: str) -> Coalesce:
    units = (
        StockLevel.objects.filter(sku=OuterRef("pk"))
        .order_by()
        .values("sku")
        .annotate(n=Sum(column))
        .values("n")
    )
    return Coalesce(Subquery(units), 0)


def _page_of(model: str, key: int | None) -> str | None:
    """Address of a row's page; None without a row or while its app has no pages."""
    if key is None:
        return None
    try:
        return reverse(f"admin:{model}_change", args=[key])
    except NoReverseMatch:
        return None
