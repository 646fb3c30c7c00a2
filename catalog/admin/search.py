"""Synonyms of the search, and what the index knows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.errors import SynonymsTooFewError
from catalog.models import SearchSynonym
from catalog.services.synonyms import check_synonym, save_synonym
from learning.staff_pages import EMPTY, StaffAdmin, chip

LONGEST_LIST = 2_000


class SynonymForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for field in ("words", "found_words"):
            if len(cleaned.get(field) or "") > LONGEST_LIST:
                said = ngettext(
                    "Write at most %(n)d character.",
                    "Write at most %(n)d characters.",
                    LONGEST_LIST,
                )
                self.add_error(field, said % {"n": LONGEST_LIST})
        if self.errors:
            return cleaned
        try:
            check_synonym(
                kind=cleaned["kind"],
                words=cleaned["words"],
                found_words=cleaned.get("found_words") or "",
            )
        except SynonymsTooFewError as error:
            raise ValidationError(str(error)) from error
        return cleaned


@admin.register(SearchSynonym)
class SearchSynonymAdmin(StaffAdmin):
    form = SynonymForm
    list_display = ("words_in_short", "kind_label", "found_in_short", "use_label", "updated_at")
    list_filter = ("kind", "is_active")
    search_fields = ("words", "found_words")
    fields = ("kind", "words", "found_words", "is_active")

    def save_model(self, request: HttpRequest, obj: SearchSynonym, form: Any, change: bool) -> None:
        save_synonym(synonym=obj)

    @admin.display(description=_("words"), ordering="words")
    def words_in_short(self, synonym: SearchSynonym) -> str:
        return synonym.words[:120]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, synonym: SearchSynonym) -> str:
        return synonym.get_kind_display()

    @admin.display(description=_("words also found"))
    def found_in_short(self, synonym: SearchSynonym) -> str:
        return synonym.found_words[:120] or EMPTY

    @admin.display(description=_("in use"), ordering="is_active")
    def use_label(self, synonym: SearchSynonym) -> SafeString:
        if synonym.is_active:
            return chip("yes", gettext("in use"), {"yes": "good"})
        return chip("no", gettext("not in use"))
