from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = _("Recommendations")

    def ready(self) -> None:
        from customers.services import personal_data
        from learning.registry import Registration, register

        register(
            Registration(
                name="recommendations.similar_products",
                title=_("Similar products"),
                pipeline="recommendations.pipelines.similar.SimilarProductsPipeline",
                model="recommendations.algorithms.similar_model.SimilarProductsModel",
                fallback="recommendations.algorithms.similar_model.NothingLearned",
            )
        )

        for name, title, pipeline, model in (
            (
                "recommendations.item_neighbours",
                _("What goes together"),
                "item_neighbours.ItemNeighboursPipeline",
                "neighbours.NeighbourModel",
            ),
            (
                "recommendations.next_item",
                _("What comes next on a visit"),
                "next_item.NextItemPipeline",
                "sequence.NextItemModel",
            ),
            (
                "recommendations.repeat",
                _("What is bought again"),
                "repeat.RepeatPipeline",
                "repeat.RepeatModel",
            ),
            (
                "recommendations.ranker",
                _("Order of what is suggested"),
                "ranker.RankerPipeline",
                "ranker.RankerModel",
            ),
        ):
            register(
                Registration(
                    name=name,
                    title=title,
                    pipeline=f"recommendations.pipelines.{pipeline}",
                    model=f"recommendations.algorithms.{model}",
                    fallback="recommendations.algorithms.candidates.NothingLearnedYet",
                )
            )

        personal_data.register(
            "recommendations",
            export="recommendations.privacy.export_personal_data",
            erase="recommendations.privacy.erase_personal_data",
        )
