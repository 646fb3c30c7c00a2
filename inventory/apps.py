from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "inventory"
    verbose_name = _("Inventory and purchasing")

    def ready(self) -> None:
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
