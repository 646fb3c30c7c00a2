"""What segments are called, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.models import Category
from insights.models import RfmScore, Segment

# Of the traits of a group that the shop found, how many are in its name.
NAMED_TRAITS = 3


def segment_title(segment: Segment) -> str:
    """The name that staff gave it, or what the shop calls it."""
    return segment_titles([segment])[segment.pk]


def segment_titles(segments: Iterable[Segment]) -> dict[int, str]:
    """Of many at once, by key, in at most two statements."""
    wanted = list(segments)
    seeds = Segment.objects.in_bulk(
        [one.traits[0]["seed"] for one in wanted if _is_unnamed_look_alike(one)]
    )
    known = [*wanted, *seeds.values()]
    names = _category_names(trait for one in known for trait in one.traits[:NAMED_TRAITS])
    return {one.pk: _title(one, names, seeds) for one in wanted}


def traits_in_words(traits: Sequence[Mapping[str, Any]]) -> list[str]:
    """ "order often", "much from Tea": what is above or below the shop's mean."""
    names = _category_names(traits)
    return [_trait(trait, names) for trait in traits]


def _is_unnamed_look_alike(segment: Segment) -> bool:
    is_look_alike = segment.kind == Segment.Kind.LOOK_ALIKE
    return is_look_alike and not segment.name and bool(segment.traits)


def _title(segment: Segment, names: Mapping[int, str], seeds: Mapping[int, Segment]) -> str:
    if segment.name:
        return str(segment.name)
    number = (segment.code or "").partition(":")[2]
    if segment.kind == Segment.Kind.RFM and number in RfmScore.Cell.values:
        return str(RfmScore.Cell(number).label)
    if segment.kind == Segment.Kind.CLUSTER:
        words = [_trait(trait, names) for trait in segment.traits[:NAMED_TRAITS]]
        if words:
            return _("Group %(number)s: %(traits)s") % {
                "number": number,
                "traits": pgettext("between names", ", ").join(words),
            }
        return _("Group %(number)s: like most customers") % {"number": number}
    if _is_unnamed_look_alike(segment):
        seed = seeds.get(segment.traits[0]["seed"])
        if seed is not None and seed.kind != Segment.Kind.LOOK_ALIKE:
            return _("Like “%(segment)s”") % {"segment": _title(seed, names, {})}
        return _("Look-alikes")
    return str(segment)


def _category_names(traits: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    keys = {trait["category"] for trait in traits if trait.get("category")}
    if not keys:
        return {}
    return {one.pk: one.name for one in Category.objects.filter(pk__in=keys)}


def _trait(trait: Mapping[str, Any], names: Mapping[int, str]) -> str:
    is_high = trait.get("direction") == "up"
    match trait.get("feature"):
        case "recency":
            return _("away for long") if is_high else _("ordered lately")
        case "orders":
            return _("order often") if is_high else _("order seldom")
        case "spend":
            return _("spend much") if is_high else _("spend little")
        case "category":
            name = names.get(trait.get("category") or 0, _("a former category"))
            words = _("much from %(category)s") if is_high else _("little from %(category)s")
            return words % {"category": name}
    return str(trait.get("feature", ""))
