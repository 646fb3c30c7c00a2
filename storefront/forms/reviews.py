"""The form of a review."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from support.errors import TooManyReviewPhotosError
from support.services.review_photos import MAX_PHOTOS
from support.services.reviews import MAX_TEXT, MAX_TITLE


def _star_choices() -> list[tuple[str, str]]:
    return [
        (str(stars), ngettext("%(n)d star", "%(n)d stars", stars) % {"n": stars})
        for stars in range(1, 6)
    ]


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class PhotosField(forms.FileField):
    """Several files; which of them are photos, the service finds out."""

    def __init__(self, *, limit: int, refusal: Callable[..., Exception], **kwargs: Any) -> None:
        """refusal: the service's own, for more files than `limit`."""
        self.limit, self.refusal = limit, refusal
        super().__init__(
            widget=PhotosInput(attrs={"accept": "image/*", "multiple": True}), **kwargs
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        files: list[UploadedFile[bytes]] = data if isinstance(data, list) else [data]
        if len(files) > self.limit:
            # Before any of them is read into memory.
            raise ValidationError(str(self.refusal(limit=self.limit)))
        return [super(PhotosField, self).clean(file, initial) for file in files if file]


class ReviewForm(forms.Form):
    stars = forms.ChoiceField(
        label=_("Your rating"),
        choices=_star_choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one to five stars.")},
    )
    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE, required=False)
    text = forms.CharField(
        label=_("Your review"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What do you like about it, what not, and whom does it suit?"),
    )
    author_name = forms.CharField(
        label=_("Shown name"),
        max_length=80,
        required=False,
        help_text=_("Stands above your review. Left empty, it says “A customer”."),
    )
    photos = PhotosField(
        limit=MAX_PHOTOS,
        refusal=TooManyReviewPhotosError,
        label=_("Photos"),
        required=False,
        help_text=format_lazy(
            _(
                "At most {limit}. We look at photos before we show them; where they were taken is"
                " removed."
            ),
            limit=MAX_PHOTOS,
        ),
    )
