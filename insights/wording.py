"""What the codes of behaviour are called on staff pages."""

from django.utils.translation import gettext_lazy as _

from insights.services.unusual import CONVERSION, OUTAGE, ROBOT_WAVE
from learning.wording import name_codes

name_codes(
    {
        ROBOT_WAVE: _("wave of programs"),
        OUTAGE: _("pages that reported nothing"),
        CONVERSION: _("fewer orders than usual"),
        "roll_up_behaviour": _("sum up behaviour"),
        "funnels": _("lines of funnels"),
        "paths": _("paths"),
        "searches": _("searches"),
        "purchases": _("visits with an order"),
        "cohorts": _("cells of cohorts"),
        "bought_orders": _("orders taken over as purchases"),
        "oddities": _("oddities found"),
    }
)
