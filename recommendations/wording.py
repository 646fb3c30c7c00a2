"""What the codes of recommendations are called; see `learning.wording`."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import UnknownPipelineError
from learning.registry import get
from recommendations.models import PlacementCode, Recommender

_SHELVES: dict[str, str | Promise] = {
    "home.offers": _("Front page: on offer"),
    "home.popular": _("Front page: popular"),
    "home.arrivals": _("Front page: new here"),
}
_BRANCHES: dict[str, str | Promise] = {
    "staff": _("chosen by staff"),
    "nothing": _("nothing"),
}


def placement_name(code: str) -> str:
    """A place in the reader's language; shelves that nobody can set up included."""
    if code in PlacementCode.values:
        return str(PlacementCode(code).label)
    return str(_SHELVES.get(code, code))


def source_name(source: str) -> str:
    """What chose a product: a pipeline's version, or a branch that needs no model."""
    if not source:
        return str(_("in a fixed order"))
    name, _colon, number = source.rpartition(":")
    if name == "branch":
        if number in Recommender.values:
            return str(Recommender(number).label)
        return str(_BRANCHES.get(number, number))
    try:
        return f"{get(name).title} · {number}"
    except UnknownPipelineError:
        return source
