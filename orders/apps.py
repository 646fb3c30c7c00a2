from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from customers.services import personal_data

        personal_data.register(
            "orders",
            export="orders.privacy.export_personal_data",
            erase="orders.privacy.erase_personal_data",
            obstacles="orders.privacy.obstacles",
            forget="orders.privacy.forget_old",
        )
