"""What time it is where a customer lives."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.countries import country_code


def zone_of(country: str, *, now: datetime) -> ZoneInfo:
    """Of a country as an account names it; the shop's own zone where that says too little.

    A country of several times says which one only if the shop itself lies in it.
    """
    own = ZoneInfo(settings.TIME_ZONE)
    names = _zones().get(country_code(country), ())
    if not names or own.key in names:
        return own
    offsets = {now.astimezone(ZoneInfo(name)).utcoffset() for name in names}
    return ZoneInfo(names[0]) if len(offsets) == 1 else own


@cache
def _zones() -> Mapping[str, Sequence[str]]:
    """Names of the zones of each country, of the table that comes with the zones themselves."""
    found: dict[str, list[str]] = defaultdict(list)
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _place, name = line.split("\t")[:3]
            found[code].append(name)
    return found
