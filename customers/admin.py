"""Staff pages of people: customers and staff, their addresses and consents."""

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from customers.countries import country_name
from customers.models import Address, Consent, DataRequest, User
from customers.services import privacy
from learning.staff_pages import ReadOnlyAdmin, StaffAdmin, chip, facts_table

REQUEST_TONES = {"waiting": "warn", "done": "good", "failed": "bad", "withdrawn": "info"}


class AddressInline(TabularInline):
    model = Address
    fields = (
        "recipient",
        "phone",
        "line",
        "city",
        "region",
        "postal_code",
        "country",
        "is_default",
    )
    extra = 0
    hide_title = True


class ConsentInline(TabularInline):
    model = Consent
    fields = ("purpose", "is_granted", "given_at")
    readonly_fields = fields
    extra = 0
    hide_title = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Only customers speak for themselves.
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, StaffAdmin):  # type: ignore[type-arg]  # not generic at run time
    """People. Accounts that may do everything are changed by their like only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display: tuple[str, ...] = (
        "shown_name",
        "username",
        "email",
        "country",
        "kind",
        "date_joined",
        "last_login",
    )
    list_display_links = ("shown_name", "username")
    list_filter = ("is_staff", "is_active", "groups", "language", ("date_joined", RangeDateFilter))
    search_fields = ("username", "email", "first_name", "last_name", "external_reference")
    filter_horizontal = ()
    autocomplete_fields = ()
    ordering = ("-date_joined", "-pk")
    inlines = (AddressInline, ConsentInline)
    readonly_fields = ("external_reference", "last_login", "date_joined")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("username", "email"),
                    ("first_name", "last_name"),
                    ("language", "country"),
                )
            },
        ),
        (_("Access"), {"fields": ("password", ("is_active", "is_staff"), "groups")}),
        (_("History"), {"fields": (("date_joined", "last_login", "external_reference"),)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),
    )

    @admin.display(description=_("name"), ordering="last_name")
    def shown_name(self, user: User) -> str:
        return str(user)

    @admin.display(description=_("kind"), ordering="is_staff")
    def kind(self, user: User) -> SafeString:
        if not user.is_active:
            return chip("blocked", gettext("blocked"), {"blocked": "bad"})
        if user.is_staff:
            return chip("staff", gettext("staff"), {"staff": "info"})
        return chip("customer", gettext("customer"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (not getattr(obj, "is_superuser", False) or _is_owner(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (not getattr(obj, "is_superuser", False) or _is_owner(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who may not hand out roles sees them and no more."""
        fields = list(super().get_readonly_fields(request, obj))
        if not request.user.has_perm("auth.change_group"):
            fields += ["is_staff", "groups"]
        return fields


@admin.register(Address)
class AddressAdmin(StaffAdmin):
    list_display = ("recipient", "user", "line", "city", "region", "country_label", "is_default")
    list_filter = ("country",)
    search_fields = ("recipient", "phone", "line", "city", "user__username", "user__email")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)

    @admin.display(description=_("country or region"), ordering="country")
    def country_label(self, address: Address) -> str:
        return country_name(address.country)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ("user", "purpose", "granted_label", "given_at")
    list_filter = ("purpose", "is_granted")
    search_fields = ("user__username", "user__email")
    list_select_related = ("user",)
    fields = ("user", "purpose", "granted_label", "given_at")

    @admin.display(description=_("granted"), ordering="is_granted")
    def granted_label(self, consent: Consent) -> SafeString:
        if consent.is_granted:
            return chip("granted", gettext("granted"), {"granted": "good"})
        return chip("withdrawn", gettext("taken back"), {"withdrawn": "bad"})


@admin.register(DataRequest)
class DataRequestAdmin(ReadOnlyAdmin):
    """What customers asked about their data, and what became of it. The copies are not shown."""

    list_display = ("requested_at", "kind", "who", "state_label", "rows", "problem", "done_at")
    list_filter = ("state", "kind", ("requested_at", RangeDateFilter))
    search_fields = ("user__username", "user__email")
    list_select_related = ("user",)
    fields = ("kind", "who", "state_label", "problem", "rows_by_app", "requested_at", "done_at")
    actions = ("retry_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataRequest]:
        rows: QuerySet[DataRequest] = super().get_queryset(request)
        return rows.defer("archive")

    @admin.display(description=_("customer"), ordering="user")
    def who(self, row: DataRequest) -> str:
        return str(row.user) if row.user else gettext("erased")

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, row: DataRequest) -> SafeString:
        return chip(row.state, row.get_state_display(), REQUEST_TONES)

    @admin.display(description=_("rows"))
    def rows(self, row: DataRequest) -> int:
        return sum(row.counts.values())

    @admin.display(description=_("rows"))
    def rows_by_app(self, row: DataRequest) -> SafeString:
        names = {config.label: config.verbose_name for config in apps.get_app_configs()}
        return facts_table([(names.get(app, app), count) for app, count in row.counts.items()])

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("customers.retry_datarequest"))

    @admin.action(description=_("Try again"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> None:
        n_done = sum(privacy.retry(request=row) for row in queryset)
        messages.success(
            request,
            ngettext("%(n)d request waits again.", "%(n)d requests wait again.", n_done)
            % {"n": n_done},
        )


def _is_owner(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
