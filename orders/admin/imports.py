"""Staff pages of imports: upload a history, watch it go in, read what was wrong."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import orders.wording  # noqa: F401  # the codes of imports get their names
from learning.staff_pages import EMPTY, StaffAdmin, bar, chip, facts_table, figure
from learning.wording import code_name
from orders.admin.staff import staff_member
from orders.models import OrderImport
from orders.services import imports

STATUS_TONES = {
    "waiting": "warn",
    "running": "info",
    "done": "good",
    "refused": "bad",
    "failed": "bad",
}
PROBLEMS_SHOWN = 100


@admin.register(OrderImport)
class OrderImportAdmin(StaffAdmin):
    change_form_outer_before_template = "orders/staff/import.html"
    list_display = (
        "title",
        "layout",
        "status_label",
        "progress",
        "written",
        "problems_found",
        "started_by",
        "created_at",
    )
    list_filter = ("status", "layout", "is_dry_run")
    search_fields = ("file_name", "message")
    list_select_related = ("started_by",)
    upload_fields = ("file", "layout", "until", "is_dry_run")
    report_fields = (
        "title",
        "layout",
        "status_label",
        "until",
        "is_dry_run",
        "message",
        "counts_shown",
        "repairs_shown",
        "problems_shown",
        "started_by",
        "created_at",
        "finished_at",
    )

    def get_fields(self, request: HttpRequest, obj: OrderImport | None = None) -> tuple[str, ...]:
        return self.upload_fields if obj is None else self.report_fields

    def get_readonly_fields(
        self, request: HttpRequest, obj: OrderImport | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else self.report_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "file" in form.base_fields:
            form.base_fields["file"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: OrderImport, form: Any, change: bool) -> None:
        job = imports.start_import(
            file=form.cleaned_data["file"],
            layout=obj.layout,
            until=obj.until,
            is_dry_run=obj.is_dry_run,
            user=staff_member(request),
        )
        obj.pk = job.pk
        obj.file_name = job.file_name

    def response_add(
        self, request: HttpRequest, obj: OrderImport, post_url_continue: str | None = None
    ) -> HttpResponse:
        # Straight to the page that shows how far it is.
        return HttpResponseRedirect(reverse("admin:orders_orderimport_change", args=[obj.pk]))

    @admin.display(description=gettext_lazy("file"))
    def title(self, job: OrderImport) -> str:
        return job.file_name or str(job)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_label(self, job: OrderImport) -> SafeString:
        label = job.get_status_display()
        if job.is_dry_run:
            label = _("%(status)s (dry run)") % {"status": label}
        return chip(job.status, label, STATUS_TONES)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: OrderImport) -> SafeString | str:
        if not job.rows_total:
            return EMPTY
        text = f"{figure(job.rows_done)} / {figure(job.rows_total)}"
        return bar(job.rows_done / job.rows_total, text=text)

    @admin.display(description=gettext_lazy("orders written"))
    def written(self, job: OrderImport) -> str:
        return figure(job.counts.get("orders"))

    @admin.display(description=gettext_lazy("problems"), ordering="problem_count")
    def problems_found(self, job: OrderImport) -> str:
        return figure(job.problem_count)

    @admin.display(description=gettext_lazy("written"))
    def counts_shown(self, job: OrderImport) -> SafeString:
        return facts_table((code_name(name), count) for name, count in job.counts.items())

    @admin.display(description=gettext_lazy("mended"))
    def repairs_shown(self, job: OrderImport) -> SafeString:
        return facts_table(
            (
                f"{code_name(repair['check'])} ({code_name(repair['handling'])})",
                repair["rows"],
            )
            for repair in job.repairs
        )

    @admin.display(description=gettext_lazy("problems, row by row"))
    def problems_shown(self, job: OrderImport) -> SafeString:
        return facts_table(
            (
                _("row %(row)s") % {"row": figure(problem.get("row"))},
                problem.get("problem", ""),
            )
            for problem in job.problems[:PROBLEMS_SHOWN]
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context: dict[str, Any] = {"title": self.opts.verbose_name, **(extra_context or {})}
        if isinstance(job, OrderImport):
            context["import_page"] = {
                "job": job,
                "status": self.status_label(job),
                "progress": self.progress(job),
                "stage": code_name(job.stage) if job.stage else "",
                "is_under_way": job.status
                in {OrderImport.Status.WAITING, OrderImport.Status.RUNNING},
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response
