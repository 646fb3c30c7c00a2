"""Staff page of tokens: made, shown once, revoked."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from customers.models import User
from ecomsite.api.errors import ScopeBeyondPersonError
from ecomsite.api.models import ApiToken
from ecomsite.api.scopes import SCOPES, SHOP
from ecomsite.api.services import tokens
from learning.staff_pages import StaffAdmin, chip


class ApiTokenForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("may"),
        choices=list(SCOPES.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes", "expires_at")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        user = cleaned.get("user")
        beyond = [scope for scope in cleaned.get("scopes", []) if scope != SHOP]
        if user is not None and beyond and not user.is_staff:
            self.add_error("scopes", str(ScopeBeyondPersonError(beyond[0])))
        return cleaned


@admin.register(ApiToken)
class ApiTokenAdmin(StaffAdmin):
    """Never changed: a token with other scopes is another token."""

    form = ApiTokenForm
    list_display = (
        "name",
        "prefix",
        "user",
        "shown_scopes",
        "state_label",
        "last_used_at",
        "expires_at",
        "created_at",
    )
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    autocomplete_fields = ("user",)
    actions = ("revoke_selected",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("api.change_apitoken"))

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        issued = tokens.issue_token(
            name=obj.name,
            user=obj.user,
            scopes=form.cleaned_data["scopes"],
            created_by=cast("User", request.user),
            expires_at=obj.expires_at,
        )
        obj.pk = issued.token.pk
        messages.warning(
            request,
            format_html(
                "{} <code>{}</code>",
                _("This is the token. Copy it now; nobody can read it again:"),
                issued.secret,
            ),
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not _is_owner(request):
            # Whoever could act for somebody with more rights would have them.
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("may"))
    def shown_scopes(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, token: ApiToken) -> SafeString:
        if token.revoked_at is not None:
            return chip("revoked", _("revoked"), {"revoked": "bad"})
        if token.expires_at is not None and token.expires_at <= timezone.now():
            return chip("expired", _("expired"), {"expired": "warn"})
        return chip("usable", _("usable"), {"usable": "good"})

    @admin.action(description=gettext_lazy("Revoke"), permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        n_revoked = 0
        for token in queryset:
            n_revoked += tokens.revoke_token(token=token)
        done = ngettext("%(n)d token was revoked.", "%(n)d tokens were revoked.", n_revoked)
        messages.success(request, done % {"n": n_revoked})


def _is_owner(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
