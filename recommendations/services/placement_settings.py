"""How a placement is set up: the row of staff, or what the shop begins with, or an arm's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models import Category
from catalog.services.versions import renew_shop_version
from learning.decisions import record_decision
from learning.models import Decision
from recommendations.errors import PlacementSettingsError, UnknownPlacementError
from recommendations.models import Placement, PlacementCode, PlacementRecommender, Recommender
from recommendations.models.placements import MOST_DAYS, MOST_EXPLORED, MOST_SHOWN
from recommendations.services.keeping import kept_settings

# Headings where staff wrote none.
TITLES: Final[Mapping[str, str | Promise]] = {
    PlacementCode.GUESS_YOU_LIKE: gettext_lazy("You may like"),
    PlacementCode.BUY_AGAIN: gettext_lazy("Buy again"),
    PlacementCode.TRENDING: gettext_lazy("On the rise"),
    PlacementCode.SIMILAR: gettext_lazy("Similar products"),
    PlacementCode.GOES_WITH: gettext_lazy("Goes well with it"),
    PlacementCode.COMPLEMENT: gettext_lazy("Goes well with it"),
    PlacementCode.EMAIL: gettext_lazy("Picked for you"),
    PlacementCode.RECENT: gettext_lazy("Recently viewed"),
}


@dataclass(frozen=True, slots=True)
class PlacementSettings:
    """mix: recommenders and what each counts; fallbacks: asked in turn while the row is not full.

    brand_ids, category_ids: of the lists, categories with all below them; empty is no list.
    """

    code: str
    title_en: str = ""
    title_zh_hans: str = ""
    is_on: bool = True
    limit: int = 8
    fewest: int = 1
    diversity: float = 0.3
    brand_cap: int = 0
    category_cap: int = 0
    only_in_stock: bool = True
    not_in_cart: bool = True
    not_viewed: bool = False
    not_bought_days: int = 0
    other_category: bool = False
    price_from_percent: int | None = None
    price_to_percent: int | None = None
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    brands_are: str = Placement.Listed.ONLY
    brand_ids: frozenset[int] = frozenset()
    categories_are: str = Placement.Listed.ONLY
    category_ids: frozenset[int] = frozenset()
    learned_order: bool = True
    margin: float = 0.0
    exploration: float = 0.0
    mix: Mapping[str, float] = field(default_factory=dict)
    fallbacks: tuple[str, ...] = ()

    @property
    def recommenders(self) -> tuple[str, ...]:
        return (*self.mix, *self.fallbacks)


def _first(code: str, mix: Mapping[str, float], *fallbacks: str, **own: Any) -> PlacementSettings:
    return PlacementSettings(code=code, mix=mix, fallbacks=fallbacks, **own)


_LEARNED = {Recommender.NEXT_ITEM.value: 1.0, Recommender.ITEM_NEIGHBOURS.value: 1.0}
# What holds for a place whose row is missing; the rows of a new shop say the same.
DEFAULTS: Final[Mapping[str, PlacementSettings]] = {
    each.code: each
    for each in (
        _first(
            "home.guess_you_like",
            {**_LEARNED, "similar": 0.5},
            *("category_popular", "trending", "popular"),
            fewest=3,
            brand_cap=3,
            not_viewed=True,
            not_bought_days=365,
        ),
        _first("home.buy_again", {"repeat": 1.0}, fewest=2, diversity=0.0, not_bought_days=7),
        _first("home.trending", {"trending": 1.0}, fewest=4, diversity=0.2),
        _first(
            "product.similar",
            {"similar": 1.0},
            *("category_popular", "popular"),
            limit=6,
            diversity=0.0,
            not_in_cart=False,
        ),
        _first(
            "product.goes_with",
            {"together": 1.0, "item_neighbours": 1.0},
            limit=6,
            fewest=3,
            not_in_cart=False,
            other_category=True,
        ),
        _first(
            "cart.complement",
            {"item_neighbours": 1.0, "together": 1.0, "similar": 0.3},
            *("trending", "popular"),
            limit=6,
            category_cap=2,
        ),
        _first("search.rerank", _LEARNED, is_on=False),
        _first("category.order", _LEARNED, is_on=False),
        _first(
            "email.picks",
            {"item_neighbours": 1.0, "next_item": 0.5, "similar": 0.5, "repeat": 0.3},
            *("trending", "popular"),
            limit=4,
            brand_cap=2,
            not_bought_days=60,
        ),
        _first(
            "recently_viewed",
            {"recent": 1.0},
            limit=6,
            diversity=0.0,
            only_in_stock=False,
            not_in_cart=False,
        ),
    )
}

_SWITCHES = (
    "is_on",
    "only_in_stock",
    "not_in_cart",
    "not_viewed",
    "other_category",
    "learned_order",
)
# Bounds of numbers, and whether they may be left open.
_WHOLE: Mapping[str, tuple[int, int, bool]] = {
    "limit": (1, MOST_SHOWN, False),
    "fewest": (1, MOST_SHOWN, False),
    "brand_cap": (0, MOST_SHOWN, False),
    "category_cap": (0, MOST_SHOWN, False),
    "not_bought_days": (0, MOST_DAYS, False),
    "price_from_percent": (0, 10_000, True),
    "price_to_percent": (0, 10_000, True),
    "price_min_minor": (0, 2**53, True),
    "price_max_minor": (0, 2**53, True),
}
_SHARES: Mapping[str, float] = {
    "diversity": 1.0,
    "margin": 1.0,
    "exploration": MOST_EXPLORED,
}
# What an arm of an experiment may say; lists of brands and categories stay with staff.
ADJUSTABLE: Final = frozenset((*_SWITCHES, *_WHOLE, *_SHARES, "mix", "fallbacks"))


def settings_of(code: str) -> PlacementSettings:
    """As staff set it up; asks the database once until something changes.

    Raises UnknownPlacementError.
    """
    found = kept_settings("placements", make=_read_all).get(code)
    if found is None:
        raise UnknownPlacementError(code)
    return found


def all_settings() -> Sequence[PlacementSettings]:
    return list(kept_settings("placements", make=_read_all).values())


def overridden(base: PlacementSettings, settings: Mapping[str, Any]) -> PlacementSettings:
    """With the settings of an arm in place of its own. Raises PlacementSettingsError."""
    return replace(base, **checked(settings)) if settings else base


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an arm as they came out of JSON. Raises PlacementSettingsError, naming all."""
    wrong: dict[str, str] = {}
    right: dict[str, Any] = {}
    for name, value in settings.items():
        if problem := _problem(name, value):
            wrong[str(name)[:40]] = problem
        else:
            right[name] = tuple(value) if name == "fallbacks" else value
    low, high = right.get("price_min_minor"), right.get("price_max_minor")
    if low is not None and high is not None and low > high:
        wrong["price_min_minor"] = _("The lower price is above the higher one.")
    if right.get("fewest", 1) > right.get("limit", MOST_SHOWN):
        wrong["fewest"] = _("More than the most products that are shown.")
    if set(right.get("mix", ())) & set(right.get("fallbacks", ())):
        wrong["fallbacks"] = _("The same recommender is mixed in already.")
    if wrong:
        raise PlacementSettingsError(wrong)
    return right


def as_json(settings: PlacementSettings) -> dict[str, Any]:
    """What an arm of an experiment may change, as it stands."""
    content = {name: value for name, value in _plain(settings).items() if name in ADJUSTABLE}
    return {**content, "mix": dict(settings.mix), "fallbacks": list(settings.fallbacks)}


def _plain(settings: PlacementSettings) -> dict[str, Any]:
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


@transaction.atomic
def apply_settings(
    *, code: str, settings: Mapping[str, Any], user: AbstractBaseUser, reason: str = ""
) -> Placement:
    """Make an arm's settings the placement's own, with a line in the log of decisions.

    Raises UnknownPlacementError and PlacementSettingsError.
    """
    if code not in DEFAULTS:
        raise UnknownPlacementError(code)
    right = checked(settings)
    placement, _created = Placement.objects.get_or_create(code=code, defaults=_columns(code))
    before = as_json(_of_row(placement, _below_all()))
    for name, value in right.items():
        if name not in ("mix", "fallbacks"):
            setattr(placement, name, value)
    placement.save()
    if "mix" in right or "fallbacks" in right:
        mix = right.get("mix", before["mix"])
        fallbacks = right.get("fallbacks", before["fallbacks"])
        placement.recommenders.all().delete()
        rows = [(name, float(weight), False) for name, weight in mix.items()]
        rows += [(name, 1.0, True) for name in fallbacks if name not in mix]
        PlacementRecommender.objects.bulk_create(
            PlacementRecommender(
                placement=placement,
                recommender=name,
                weight=weight,
                is_fallback=is_fallback,
                position=position,
            )
            for position, (name, weight, is_fallback) in enumerate(rows, start=1)
        )
    note_change(placement=placement, before=before, user=user, reason=reason)
    return placement


def note_change(
    *, placement: Placement, before: Mapping[str, Any], user: AbstractBaseUser, reason: str = ""
) -> None:
    """Log what changed and let pages learn of it; inside the transaction of the change."""
    after = as_json(_of_row(placement, _below_all()))
    changed = [name for name in after if after[name] != before.get(name)]
    record_decision(
        action=Decision.Action.CORRECT,
        subject=placement,
        user=user,
        proposed={name: before.get(name) for name in changed},
        done={name: after[name] for name in changed},
        reason=reason,
    )
    renew_shop_version()


def settings_of_row(placement: Placement) -> PlacementSettings:
    """Read anew, for staff pages."""
    return _of_row(placement, _below_all())


def _columns(code: str) -> dict[str, Any]:
    first = _plain(DEFAULTS[code])
    kept = {field.name for field in Placement._meta.concrete_fields} - {"id", "code"}
    return {name: value for name, value in first.items() if name in kept}


def _read_all() -> dict[str, PlacementSettings]:
    """Two statements, and more only where staff listed brands or categories."""
    rows = list(
        Placement.objects.annotate(
            has_brands=_any(Placement.brands.through),
            has_categories=_any(Placement.categories.through),
        ).prefetch_related("recommenders")
    )
    below = _below_all() if any(row.has_categories for row in rows) else {}
    return {
        **DEFAULTS,
        **{row.code: _of_row(row, below) for row in rows if row.code in DEFAULTS},
    }


def _any(through: type[Model]) -> Exists:
    return Exists(through._default_manager.filter(placement=OuterRef("pk")))


def _below_all() -> dict[str, int]:
    """Categories by path."""
    return dict(Category.objects.values_list("path", "pk"))


def _of_row(row: Placement, paths: Mapping[str, int]) -> PlacementSettings:
    # Rows of a list of settings tell whether there is anything to ask for.
    has_brands = getattr(row, "has_brands", True)
    has_categories = getattr(row, "has_categories", True)
    listed = [category.path for category in row.categories.all()] if has_categories else []
    own = {
        field.name: getattr(row, field.name)
        for field in fields(PlacementSettings)
        if field.name in _COLUMNS
    }
    recommenders = list(row.recommenders.all())
    return PlacementSettings(
        **{
            **own,
            "title_en": getattr(row, "title_en", "") or "",
            "title_zh_hans": getattr(row, "title_zh_hans", "") or "",
            "brand_ids": frozenset(row.brands.values_list("pk", flat=True) if has_brands else ()),
            "category_ids": frozenset(
                pk for path, pk in paths.items() if any(path.startswith(each) for each in listed)
            ),
            "mix": {each.recommender: each.weight for each in recommenders if not each.is_fallback},
            "fallbacks": tuple(each.recommender for each in recommenders if each.is_fallback),
        }
    )


_COLUMNS = frozenset(field.name for field in Placement._meta.concrete_fields)


def _problem(name: str, value: Any) -> str:
    """Why a setting cannot be; empty when it can."""
    if name in _SWITCHES:
        return "" if isinstance(value, bool) else _("True or false is needed.")
    if name in _WHOLE:
        low, high, may_be_open = _WHOLE[name]
        if value is None and may_be_open:
            return ""
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return (
            ""
            if fits
            else _("A whole number from %(low)d to %(high)d is needed.")
            % {
                "low": low,
                "high": high,
            }
        )
    if name in _SHARES:
        return _share_problem(value, most=_SHARES[name])
    if name == "mix":
        return _mix_problem(value)
    if name == "fallbacks":
        fits = isinstance(value, (list, tuple)) and all(
            isinstance(each, str) and each in Recommender.values for each in value
        )
        return "" if fits and len(set(value)) == len(value) else _names_needed()
    return _("This setting is not known.")


def _share_problem(value: Any, *, most: float) -> str:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 <= value <= most
    return "" if fits else _("A number from 0 to %(most)s is needed.") % {"most": most}


def _mix_problem(value: Any) -> str:
    fits = isinstance(value, Mapping) and all(
        name in Recommender.values
        and isinstance(weight, (int, float))
        and not isinstance(weight, bool)
        and 0.0 <= weight <= 10.0
        for name, weight in value.items()
    )
    return "" if fits else _names_needed()


def _names_needed() -> str:
    return _("Names of recommenders are needed: %(names)s.") % {
        "names": ", ".join(Recommender.values)
    }
