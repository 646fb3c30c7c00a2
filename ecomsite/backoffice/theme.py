"""How the back office looks: the settings of django-unfold.

Imported by `ecomsite.settings`, so nothing here may need an app.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def shop_name(_request: HttpRequest) -> str:
    return str(settings.SHOP_NAME)


def style_sheet(_request: HttpRequest) -> str:
    return static("backoffice/backoffice.css")


def favicon(_request: HttpRequest) -> str:
    return static("backoffice/favicon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": shop_name,
    "SITE_HEADER": shop_name,
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "STYLES": [style_sheet],
    "LOGIN": {"form": "ecomsite.backoffice.login.StaffLoginForm"},
    "COLORS": {
        # Celadon on warm grey: calm enough to look at all day.
        "base": {
            "50": "oklch(98.4% .003 106)",
            "100": "oklch(96.6% .004 106)",
            "200": "oklch(92.4% .005 106)",
            "300": "oklch(86.9% .007 100)",
            "400": "oklch(70.9% .011 95)",
            "500": "oklch(55.3% .013 90)",
            "600": "oklch(44.4% .012 85)",
            "700": "oklch(37.4% .011 80)",
            "800": "oklch(26.8% .008 75)",
            "900": "oklch(21.6% .007 70)",
            "950": "oklch(14.7% .005 70)",
        },
        "primary": {
            "50": "oklch(98% .012 185)",
            "100": "oklch(95.2% .032 185)",
            "200": "oklch(90.8% .06 185)",
            "300": "oklch(84.3% .087 186)",
            "400": "oklch(75% .1 188)",
            "500": "oklch(64% .096 190)",
            "600": "oklch(52% .084 192)",
            "700": "oklch(45.5% .073 194)",
            "800": "oklch(39.3% .061 196)",
            "900": "oklch(34.4% .05 198)",
            "950": "oklch(24% .038 200)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "ecomsite.backoffice.navigation.sidebar",
    },
    "COMMAND": {"search_models": False, "show_history": False},
}
