from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("Recommendations")

    def ready(self) -> None:
        from learning.registry import Registration, register

        register(
            Registration(
                name="recommendations.similar_products",
                title=_("Similar products"),
                pipeline="recommendations.pipelines.SimilarProductsPipeline",
                model="recommendations.algorithms.similar_model.SimilarProductsModel",
                fallback="recommendations.algorithms.similar_model.NothingLearned",
            )
        )
