"""Staff pages of people: customers and staff, their addresses and consents."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from customers.models import Address, Consent, User
from learning.staff_pages import ReadOnlyAdmin, StaffAdmin, chip


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
    list_display = ("recipient", "user", "line", "city", "region", "country", "is_default")
    list_filter = ("country",)
    search_fields = ("recipient", "phone", "line", "city", "user__username", "user__email")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)


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


def _is_owner(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
