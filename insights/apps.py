from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "insights"
    verbose_name = _("Behaviour of visitors")

    def ready(self) -> None:
        from customers.services import personal_data
        from learning.registry import Registration, register

        register(
            Registration(
                name="insights.order_anomaly",
                title=_("How rare an order is"),
                pipeline="insights.risk_pipelines.OrderAnomalyPipeline",
                model="insights.algorithms.order_anomaly.OrderAnomalyModel",
                fallback="insights.algorithms.order_anomaly.NoAnomalyModel",
            )
        )
        register(
            Registration(
                name="insights.order_outcome",
                title=_("Which orders turn out fraud"),
                pipeline="insights.risk_pipelines.OrderOutcomePipeline",
                model="insights.algorithms.order_outcome.OrderOutcomeModel",
                fallback="insights.algorithms.order_outcome.NoOutcomeModel",
            )
        )
        register(
            Registration(
                name="insights.clusters",
                title=_("Groups of customers"),
                pipeline="insights.segment_pipelines.ClustersPipeline",
                model="insights.algorithms.cluster_model.ClusterModel",
                fallback="insights.algorithms.cluster_model.NoGroups",
            )
        )
        register(
            Registration(
                name="insights.look_alikes",
                title=_("Who is like the customers of a segment"),
                pipeline="insights.segment_pipelines.LookAlikesPipeline",
                model="insights.algorithms.look_alike_model.LookAlikeModel",
                fallback="insights.algorithms.look_alike_model.NothingLearned",
            )
        )
        register(
            Registration(
                name="insights.purchase",
                title=_("Who orders within 30 days"),
                pipeline="insights.score_pipelines.PurchasePipeline",
                model="insights.algorithms.customer_outlook.OutlookModel",
                fallback="insights.algorithms.customer_outlook.NoOutlook",
            )
        )
        register(
            Registration(
                name="insights.churn",
                title=_("Who orders nothing within 90 days"),
                pipeline="insights.score_pipelines.ChurnPipeline",
                model="insights.algorithms.customer_outlook.OutlookModel",
                fallback="insights.algorithms.customer_outlook.NoOutlook",
            )
        )
        register(
            Registration(
                name="insights.customer_value",
                title=_("What customers spend in a year"),
                pipeline="insights.score_pipelines.CustomerValuePipeline",
                model="insights.algorithms.repeat_buying.RepeatBuying",
                fallback="insights.algorithms.repeat_buying.NoRepeatBuying",
            )
        )

        personal_data.register(
            "insights",
            export="insights.privacy.export_personal_data",
            erase="insights.privacy.erase_personal_data",
            forget="insights.privacy.forget_old",
        )
        register(
            Registration(
                name="insights.affinity",
                title=_("Which categories customers buy from"),
                pipeline="insights.taste_pipelines.AffinityPipeline",
                model="insights.algorithms.profiles.ProfilesModel",
                fallback="insights.algorithms.profiles.NoProfiles",
            )
        )
        register(
            Registration(
                name="insights.writing_time",
                title=_("When customers are there"),
                pipeline="insights.taste_pipelines.WritingTimePipeline",
                model="insights.algorithms.profiles.ProfilesModel",
                fallback="insights.algorithms.profiles.NoProfiles",
            )
        )
        register(
            Registration(
                name="insights.visit_purchase",
                title=_("Which visits end in an order"),
                pipeline="insights.visit_pipelines.VisitPurchasePipeline",
                model="insights.algorithms.probability.ProbabilityModel",
                fallback="insights.algorithms.probability.NothingLearned",
            )
        )
