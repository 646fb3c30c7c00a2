from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from learning.registry import Registration, register

        register(
            Registration(
                name="catalog.photo_category",
                title=_("Category of a photo"),
                pipeline="catalog.pipelines.PhotoCategoryPipeline",
                model="catalog.algorithms.photo_classifier.PhotoClassifier",
                fallback="catalog.algorithms.photo_classifier.NoPhotoClassifier",
                shipped=Path(__file__).parent / "artefacts" / "photo_category",
            )
        )
