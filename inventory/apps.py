from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory and purchasing")

    def ready(self) -> None:
        from customers.services import personal_data
        from learning.registry import Registration, register

        register(
            Registration(
                name="inventory.demand",
                title=_("Demand per SKU and day"),
                pipeline="inventory.pipelines.DemandPipeline",
                model="inventory.algorithms.demand_model.DemandModel",
                fallback="inventory.algorithms.demand_model.NoDemandModel",
            )
        )
        register(
            Registration(
                name="inventory.elasticity",
                title=_("Answer of demand to prices"),
                pipeline="inventory.price_pipelines.ElasticityPipeline",
                model="inventory.algorithms.elasticity.ElasticityModel",
                fallback="inventory.algorithms.elasticity.NoElasticityModel",
            )
        )
        register(
            Registration(
                name="inventory.price",
                title=_("Price of a new product"),
                pipeline="inventory.price_pipelines.PricePredictionPipeline",
                model="inventory.algorithms.price_prediction.PricePredictionModel",
                fallback="inventory.algorithms.price_prediction.NoPricePrediction",
            )
        )

        personal_data.register(
            "inventory",
            export="inventory.privacy.export_personal_data",
            erase="inventory.privacy.erase_personal_data",
            forget="inventory.privacy.forget_old",
        )
