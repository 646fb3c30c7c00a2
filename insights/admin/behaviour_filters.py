"""What the reports of behaviour can be narrowed to."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from insights.models import FunnelDay, Segment, Visit
from insights.services import behaviour_reports as read
from insights.services.behaviour_reports import Choice
from insights.services.segment_titles import segment_titles

_FIELD = {"class": "zg-input"}
PERIODS = (7, 28, 90, 365)
USUAL_DAYS = 28


class FilterForm(forms.Form):
    """A filter that cannot be read is left out: an address is no place for complaints."""

    days = forms.TypedChoiceField(
        label=gettext_lazy("period"),
        coerce=int,
        required=False,
        widget=forms.Select(attrs=_FIELD),
    )
    source = forms.ChoiceField(
        label=gettext_lazy("came by"), required=False, widget=forms.Select(attrs=_FIELD)
    )
    device = forms.ChoiceField(
        label=gettext_lazy("device"), required=False, widget=forms.Select(attrs=_FIELD)
    )
    language = forms.ChoiceField(
        label=gettext_lazy("language"), required=False, widget=forms.Select(attrs=_FIELD)
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("visitors"), required=False, widget=forms.Select(attrs=_FIELD)
    )
    segment: Any = forms.ModelChoiceField(
        Segment.objects.none(),
        label=gettext_lazy("segment"),
        required=False,
        empty_label=gettext_lazy("all"),
        widget=forms.Select(attrs=_FIELD),
    )
    found = forms.ChoiceField(
        label=gettext_lazy("searches"),
        required=False,
        widget=forms.Select(attrs=_FIELD),
        choices=[
            ("", gettext_lazy("without result")),
            ("all", gettext_lazy("all")),
        ],
    )

    def __init__(self, *args: Any, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        everything = ("", gettext_lazy("all"))
        fields["days"].choices = [
            (n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in PERIODS
        ]
        fields["source"].choices = [everything, *Visit.Source.choices]
        fields["device"].choices = [everything, *Visit.Device.choices]
        fields["audience"].choices = [everything, *FunnelDay.Audience.choices]
        if "language" in names:
            named = dict(settings.LANGUAGES)
            fields["language"].choices = [
                everything,
                *((code, named.get(code, code)) for code in read.languages_known()),
            ]
        if "segment" in names:
            fields["segment"].queryset = Segment.objects.current()
            titles = segment_titles(fields["segment"].queryset)
            fields["segment"].label_from_instance = lambda one: titles[one.pk]
        for name in set(fields) - set(names):
            del fields[name]

    @property
    def choice(self) -> Choice:
        chosen = self.cleaned_data
        last = read.last_day() or timezone.localdate() - timedelta(days=1)
        days = chosen.get("days") or USUAL_DAYS
        return Choice(
            first=last - timedelta(days=days - 1),
            last=last,
            source=chosen.get("source") or "",
            device=chosen.get("device") or "",
            language=chosen.get("language") or "",
            audience=chosen.get("audience") or "",
            segment=chosen.get("segment"),
        )
