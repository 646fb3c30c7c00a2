from pathlib import Path

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "support"
    verbose_name = _("Reviews and support")

    def ready(self) -> None:
        from customers.services import personal_data
        from learning.registry import Registration, register

        register(
            Registration(
                name="support.review_sentiment",
                title=_("Sentiment of a review"),
                pipeline="support.pipelines.sentiment.ReviewSentimentPipeline",
                model="support.algorithms.sentiment.SentimentModel",
                fallback="support.algorithms.sentiment.NoSentimentModel",
                shipped=Path(__file__).parent / "artefacts" / "review_sentiment",
            )
        )

        personal_data.register(
            "support",
            export="support.privacy.export_personal_data",
            erase="support.privacy.erase_personal_data",
        )
