"""Staff pages of the shop's own texts and of what visitors write to the shop."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.translated import TranslatedLabels
from learning.staff_pages import ReadOnlyAdmin, StaffAdmin, chip, person
from storefront.errors import StorefrontError
from storefront.models import ContactMessage, StaticPage
from storefront.services import contact

MESSAGE_TONES = {"open": "warn", "answered": "good"}


@admin.register(StaticPage)
class StaticPageAdmin(TranslatedLabels, StaffAdmin):
    list_display = ("title", "slug", "published_label", "footer_label", "position", "updated_at")
    list_display_links = ("title",)
    list_filter = ("is_published", "is_in_footer")
    search_fields = ("slug", "title_zh_hans", "title_en", "body_zh_hans", "body_en")
    prepopulated_fields: ClassVar[Any] = {"slug": ("title_en",)}
    readonly_fields = ("updated_at",)
    fieldsets = (
        (None, {"fields": (("title_zh_hans", "title_en"), "slug")}),
        (_("Text"), {"fields": ("body_zh_hans", "body_en")}),
        (_("Where it is shown"), {"fields": (("is_published", "is_in_footer"), "position")}),
        (None, {"fields": ("updated_at",)}),
    )

    @admin.display(description=_("published"), ordering="is_published")
    def published_label(self, page: StaticPage) -> SafeString:
        if page.is_published:
            return chip("yes", gettext("published"), {"yes": "good"})
        return chip("no", gettext("not published"))

    @admin.display(description=_("foot of pages"), ordering="is_in_footer")
    def footer_label(self, page: StaticPage) -> str:
        return gettext("linked") if page.is_in_footer else gettext("not linked")

    def view_on_site(self, page: StaticPage) -> str:
        return page.get_absolute_url()


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnlyAdmin):
    list_display = ("subject", "name", "email", "order_number", "state_label", "created_at")
    list_display_links = ("subject",)
    list_filter = ("state", "language")
    search_fields = ("subject", "text", "name", "email", "order_number")
    list_select_related = ("user", "answered_by")
    fields = (
        "state_label",
        ("name", "email"),
        ("order_number", "language"),
        "subject",
        "text",
        "created_at",
        "answer",
        ("answered_by", "answered_at"),
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("storefront.change_contactmessage"))

    def get_readonly_fields(
        self, request: HttpRequest, obj: ContactMessage | None = None
    ) -> tuple[str, ...]:
        shown = (
            "state_label",
            "name",
            "email",
            "order_number",
            "language",
            "subject",
            "text",
            "created_at",
            "answered_by",
            "answered_at",
        )
        # One letter a message: what was sent cannot be taken back.
        is_open = obj is None or obj.state == ContactMessage.State.OPEN
        return shown if is_open else (*shown, "answer")

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, message: ContactMessage) -> SafeString:
        return chip(message.state, message.get_state_display(), MESSAGE_TONES)

    def save_model(
        self, request: HttpRequest, obj: ContactMessage, form: Any, change: bool
    ) -> None:
        text = form.cleaned_data.get("answer", "")
        try:
            contact.answer_message(message=obj, user=person(request), text=text)
        except StorefrontError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("The answer is on its way by letter."))

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """What happened is said by `save_model`; "changed successfully" would be said of both."""
