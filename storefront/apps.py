from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorefrontConfig(AppConfig):
    name = "storefront"
    verbose_name = _("Shop pages")

    def ready(self) -> None:
        from customers.services import personal_data

        # What the codes of letters are called on staff pages.
        from storefront import wording  # noqa: F401

        personal_data.register(
            "storefront",
            export="storefront.privacy.export_personal_data",
            erase="storefront.privacy.erase_personal_data",
            forget="storefront.privacy.forget_old",
        )
