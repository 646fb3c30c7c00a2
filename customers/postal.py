"""The lines of an address as a parcel to its country bears them, once for all papers."""

import re
from collections.abc import Mapping
from typing import Final

from customers.countries import country_code, country_name

_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
# Of the Universal Postal Union: before the town stands the code ...
_CODE_BEFORE_TOWN: Final = (
    "AD AL AT BA BE BG CH CY CZ DE DK EE ES FI FO FR GF GL GP GR HR HU IL IS IT LI LT LU MC MD ME "
    "MK MQ MY NC NL NO PF PL PT RE RO RS SE SI SK SM TR UY VA YT"
)
# ... or it has the last line for itself; elsewhere it stands behind town and region.
_CODE_BELOW: Final = "GB GG IE IM JE RU UA"


def address_lines(address: Mapping[str, object], *, country: str = "") -> list[str]:
    """From the recipient down to the country, without empty lines and without the telephone.

    address: recipient, line, city, region, postal_code, country, whichever of them there are.
    country: where the address itself names none. An address in Chinese goes from the province to
    the door on one line, wherever it leads.
    """
    recipient, line, city, region, code = (
        str(address.get(part) or "").strip()
        for part in ("recipient", "line", "city", "region", "postal_code")
    )
    named = str(address.get("country") or country)
    # Orders of an imported history name it in words.
    place = country_code(named) or named
    if _CHINESE.search(line):
        where = [_joined(" ", region, city, line), code]
    elif place in _CODE_BEFORE_TOWN.split():
        where = [line, _joined(", ", _joined(" ", code, city), region)]
    elif place in _CODE_BELOW.split():
        where = [line, _joined(", ", city, region), code]
    else:
        where = [line, _joined(", ", city, _joined(" ", region, code))]
    return [each for each in (recipient, *where, country_name(place) if place else "") if each]


def _joined(sign: str, *parts: str) -> str:
    return sign.join(filter(None, parts))
