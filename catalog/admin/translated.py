"""What columns of translated texts are called: "name, in Chinese" instead of "name [zh-hans]"."""

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.fields import TranslationField

LANGUAGES = {"zh-hans": gettext_lazy("in Chinese"), "en": gettext_lazy("in English")}


class TranslatedLabels(BaseModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        form_field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if form_field is not None and isinstance(db_field, TranslationField):
            form_field.label = _("%(name)s, %(language)s") % {
                "name": capfirst(db_field.translated_field.verbose_name),
                "language": LANGUAGES.get(db_field.language, db_field.language),
            }
        return form_field
