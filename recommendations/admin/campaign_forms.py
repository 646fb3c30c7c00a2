"""The editor of a campaign: its audience, limits and times, and its creatives in both languages."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from catalog.admin.translated import TranslatedLabels
from catalog.errors import PhotoRefusedError
from catalog.forms import MoneyField
from catalog.services.pictures import TakenPicture
from insights.models import Segment
from insights.services.segment_floor import shown_size
from insights.services.segment_titles import segment_titles
from learning.staff_pages import EMPTY
from orders.models import Discount
from recommendations.admin.campaign_words import is_draft
from recommendations.errors import ForeignLinkError
from recommendations.models import Campaign, Creative
from recommendations.services.campaigns import creatives, drafting

MOST_CREATIVES = 8
_TRANSLATED = ("title", "text", "button")


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    most_discount_minor = MoneyField(
        label=gettext_lazy("discounts given at most"),
        required=False,
        help_text=gettext_lazy("Once so much was given, the campaign ends."),
    )

    class Meta:
        model = Campaign
        fields = "__all__"  # noqa: DJ007  # the page names its fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        # Absent where the page only shows.
        if "segment" in fields:
            found = list(Segment.objects.filter(is_active=True).order_by("kind", "pk"))
            titles = segment_titles(found)
            words = _("%(segment)s · %(size)s customers")
            fields["segment"].choices = [
                ("", _("everybody")),
                *(
                    (one.pk, words % {"segment": titles[one.pk], "size": shown_size(one.size)})
                    for one in found
                ),
            ]
        if "discount" in fields:
            fields["discount"].queryset = Discount.objects.filter(
                code__isnull=False, is_active=True
            )
            fields["discount"].label_from_instance = _discount_words
        if "code" in fields:
            fields["code"].required = False
            fields["code"].help_text = _("Empty: made of the name.")

    def clean_code(self) -> str:
        code = str(self.cleaned_data.get("code") or "")
        return code or drafting.free_code(str(self.cleaned_data.get("name", "")))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("It would end before it begins."))
        return cleaned


class CreativeForm(forms.ModelForm):  # type: ignore[type-arg]
    upload = forms.FileField(
        label=gettext_lazy("picture"),
        required=False,
        help_text=gettext_lazy("Kept as its pixels alone; wide ones look best."),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/*"}),
    )
    drops_picture = forms.BooleanField(label=gettext_lazy("without a picture"), required=False)
    taken: TakenPicture | None = None

    class Meta:
        model = Creative
        fields = (
            "is_active",
            *(
                f"{name}_{code.replace('-', '_')}"
                for name in _TRANSLATED
                for code, _title in settings.LANGUAGES
            ),
            "link",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith("text_"):
                field.widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def clean_link(self) -> str:
        try:
            return creatives.shop_path(self.cleaned_data["link"])
        except ForeignLinkError as error:
            raise ValidationError(str(error)) from None

    def clean_upload(self) -> Any:
        upload = self.cleaned_data.get("upload")
        if upload is None:
            return None
        try:
            # One byte more than may be tells that it is too many.
            self.taken = creatives.read_picture(upload.read(settings.UPLOAD_MAX_BYTES + 1))
        except PhotoRefusedError as error:
            raise ValidationError(str(error)) from None
        return upload

    def save(self, commit: bool = True) -> Creative:
        creative: Creative = super().save(commit=False)
        if self.cleaned_data.get("drops_picture"):
            creative.picture = ""
        if self.taken is not None:
            creatives.keep_picture(creative=creative, taken=self.taken)
        if commit:
            creative.save()
        return creative


class CreativeInline(TranslatedLabels, StackedInline):
    model = Creative
    form = CreativeForm
    extra = 1
    max_num = MOST_CREATIVES
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "is_active",
                    ("title_zh_hans", "title_en"),
                    ("text_zh_hans", "text_en"),
                    ("button_zh_hans", "button_en"),
                    "link",
                    "picture_now",
                    ("upload", "drops_picture"),
                )
            },
        ),
    )
    readonly_fields = ("picture_now",)

    @admin.display(description=gettext_lazy("present picture"))
    def picture_now(self, creative: Creative) -> SafeString | str:
        if not creative.picture:
            return EMPTY
        return format_html('<img class="zg-banner-small" src="{}" alt="">', creative.picture.url)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is not None else self.extra

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_add_permission(request, obj))  # type: ignore[call-arg]  # an inline takes its row

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and bool(super().has_delete_permission(request, obj))


def _discount_words(discount: Discount) -> str:
    return f"{discount.code} · {discount.name}"
