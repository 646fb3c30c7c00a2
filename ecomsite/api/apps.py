from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "ecomsite.api"
    label = "api"
    verbose_name = _("API")

    def ready(self) -> None:
        from customers.services import personal_data

        # Teaches the schema what a token and a cart's token are.
        from ecomsite.api import schema_parts  # noqa: F401

        personal_data.register(
            "api",
            export="ecomsite.api.privacy.export_personal_data",
            erase="ecomsite.api.privacy.erase_personal_data",
        )
