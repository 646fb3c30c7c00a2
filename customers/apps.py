from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers and staff")

    def ready(self) -> None:
        from customers.services import personal_data

        personal_data.register(
            "customers",
            export="customers.privacy.export_personal_data",
            erase="customers.privacy.erase_personal_data",
            forget="customers.privacy.forget_old",
        )
        # Lower than customers, who register for it.
        personal_data.register(
            "outbox",
            export="outbox.privacy.export_personal_data",
            erase="outbox.privacy.erase_personal_data",
            forget="outbox.privacy.forget_old",
        )
