"""Staff pages of letters: what was written to whom, and whether it arrived."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip
from learning.wording import code_name
from outbox.errors import OutboxError
from outbox.models import Email
from outbox.services import emails

STATE_TONES = {
    "waiting": "warn",
    "sending": "info",
    "sent": "good",
    "failed": "bad",
    "given_up": "bad",
}


class FailureFilter(admin.SimpleListFilter):
    title = gettext_lazy("failures")
    parameter_name = "failures"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("new", gettext_lazy("not seen yet")), ("all", gettext_lazy("all failures"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Email]) -> QuerySet[Email]:
        wanted = {
            "new": Email.objects.unseen_failures(),
            "all": Email.objects.undelivered(),
        }.get(self.value() or "")
        return queryset if wanted is None else queryset & wanted


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "to",
        "shown_subject",
        "kind_label",
        "state_label",
        "attempts",
        "reference",
        "sent_at",
    )
    list_display_links = ("created_at", "shown_subject")
    list_filter = ("state", FailureFilter, "kind", ("created_at", RangeDateTimeFilter))
    search_fields = ("to", "subject", "reference")
    list_select_related = ()
    actions = ("send_again_selected", "mark_seen_selected")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("to", "user"),
                    ("shown_subject", "language"),
                    ("kind_label", "reference"),
                    "shown_text",
                    "shown_html",
                    "shown_attachments",
                )
            },
        ),
        (
            gettext_lazy("Sending"),
            {
                "fields": (
                    ("state_label", "attempts"),
                    ("created_at", "sent_at", "shown_next_attempt"),
                    "last_error",
                )
            },
        ),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not emails.is_delivery_set_up():
            messages.warning(
                request,
                _(
                    "No mail server is set up (EMAIL_URL): letters are kept as files in %(folder)s "
                    "and reach nobody."
                )
                % {"folder": settings.EMAIL_FILE_PATH},
            )
        answer: HttpResponse = super().changelist_view(request, extra_context)
        return answer

    @admin.display(description=gettext_lazy("subject line"), ordering="subject")
    def shown_subject(self, email: Email) -> str:
        return email.subject or EMPTY

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, email: Email) -> str:
        return code_name(email.kind)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, email: Email) -> SafeString:
        return chip(email.state, email.get_state_display(), STATE_TONES)

    @admin.display(description=gettext_lazy("next attempt"))
    def shown_next_attempt(self, email: Email) -> Any:
        return email.next_attempt_at if email.state == Email.State.WAITING else None

    @admin.display(description=gettext_lazy("text"))
    def shown_text(self, email: Email) -> SafeString | str:
        if email.is_confidential:
            return _("This letter carries a secret of the customer and is not shown.")
        return render_to_string("outbox/staff/text.html", {"text": email.text})

    @admin.display(description=gettext_lazy("as it looks"))
    def shown_html(self, email: Email) -> SafeString | str:
        if email.is_confidential or not email.html:
            return EMPTY
        return render_to_string("outbox/staff/preview.html", {"html": email.html})

    @admin.display(description=gettext_lazy("attachments"))
    def shown_attachments(self, email: Email) -> str:
        names = email.attachments.values_list("name", flat=True)
        return ", ".join(names) or EMPTY

    def has_send_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("outbox.send_email"))

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def send_again_selected(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        n_queued = 0
        for email in queryset:
            try:
                emails.send_again(email=email)
                n_queued += 1
            except OutboxError as error:
                messages.error(request, str(error))
        if n_queued:
            done = ngettext(
                "%(n)d letter is on its way.", "%(n)d letters are on their way.", n_queued
            )
            messages.success(request, done % {"n": n_queued})

    @admin.action(description=gettext_lazy("Mark failures as seen"), permissions=["send"])
    def mark_seen_selected(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        n_seen = emails.mark_failures_seen(email_ids=list(queryset.values_list("pk", flat=True)))
        done = ngettext("%(n)d failure was seen.", "%(n)d failures were seen.", n_seen)
        messages.success(request, done % {"n": n_seen})
