"""What the demo shop sells and who delivers it, read from the texts beside this module."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ecomsite.demo.drawing.look import Look
from ecomsite.demo.drawing.palette import SWATCHES

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Bilingual:
    zh: str
    en: str


@dataclass(frozen=True)
class Supplier:
    code: str
    name: str
    lead_time_days: float
    lead_time_sd_days: float
    minimum_order_quantity: int
    pack_size: int


@dataclass(frozen=True)
class Kind:
    """What the products of one drawing share.

    daily_units: mean demand of an ordinary product of this kind; repeat_days: 0 for what lasts.
    """

    code: str
    noun: Bilingual
    material: Bilingual
    supplier: str
    weight_grams: int
    cost_share: float
    daily_units: float
    season: str
    repeat_days: int
    category: str


@dataclass(frozen=True)
class SkuSpec:
    code: str
    name: Bilingual
    price_minor: int
    cost_minor: int
    weight_grams: int


@dataclass(frozen=True)
class ProductSpec:
    code: str
    name: Bilingual
    description: Bilingual
    colour: Bilingual
    brand: str
    kind: Kind
    look: Look
    backdrop: str
    skus: tuple[SkuSpec, ...]


@dataclass(frozen=True)
class CategorySpec:
    slug: str
    name: Bilingual
    description: Bilingual
    photo_labels: tuple[str, ...]
    products: tuple[ProductSpec, ...]


@dataclass(frozen=True)
class Specification:
    categories: tuple[CategorySpec, ...]
    suppliers: tuple[Supplier, ...]

    @property
    def products(self) -> tuple[ProductSpec, ...]:
        return tuple(product for category in self.categories for product in category.products)


def specification(*, small: bool = False) -> Specification:
    """The whole shop, or about thirty products of all its categories."""
    whole = _read()
    if not small:
        return whole
    return Specification(
        tuple(
            CategorySpec(
                category.slug,
                category.name,
                category.description,
                category.photo_labels,
                category.products[:: len(category.products) // 2][:3],
            )
            for category in whole.categories
        ),
        whole.suppliers,
    )


@cache
def _read() -> Specification:
    with (TEXTS / "suppliers.toml").open("rb") as file:
        suppliers = tuple(Supplier(**entry) for entry in tomllib.load(file)["suppliers"])
    categories = []
    for number, path in enumerate(sorted(TEXTS.glob("[01]*.toml"))):
        with path.open("rb") as file:
            categories.append(_category(tomllib.load(file), number))
    return Specification(tuple(categories), suppliers)


def _category(entry: dict[str, Any], number: int) -> CategorySpec:
    products: list[ProductSpec] = []
    labels: list[str] = []
    for kind_entry in entry["kinds"]:
        labels += kind_entry.get("photo_labels", [])
        kind = Kind(
            code=kind_entry["code"],
            noun=_bilingual(kind_entry, "noun"),
            material=_bilingual(kind_entry, "material"),
            supplier=kind_entry["supplier"],
            weight_grams=kind_entry["weight_grams"],
            cost_share=kind_entry["cost_share"],
            daily_units=kind_entry["daily_units"],
            season=kind_entry["season"],
            repeat_days=kind_entry.get("repeat_days", 0),
            category=entry["slug"],
        )
        for row in kind_entry["items"].strip().splitlines():
            place = len(products)
            code = f"{entry['slug'][:3].upper()}{place + 1:03d}"
            products.append(
                _product(
                    row.split("|"),
                    code=code,
                    seed=number * 1000 + place,
                    kind=kind,
                    kind_entry=kind_entry,
                    entry=entry,
                )
            )
    return CategorySpec(
        entry["slug"],
        _bilingual(entry, "name"),
        _bilingual(entry, "description"),
        tuple(labels),
        tuple(products),
    )


def _product(
    cells: Sequence[str],
    *,
    code: str,
    seed: int,
    kind: Kind,
    kind_entry: dict[str, Any],
    entry: dict[str, Any],
) -> ProductSpec:
    name_zh, name_en, text_zh, text_en, yuan, colour, accent, pattern, form = cells
    more = _bilingual(kind_entry, "more")
    brands = entry["brands"]
    return ProductSpec(
        code=code,
        name=Bilingual(name_zh, name_en),
        description=Bilingual(f"{text_zh}\n\n{more.zh}", f"{text_en}\n\n{more.en}"),
        colour=Bilingual(SWATCHES[colour].name_zh, SWATCHES[colour].name_en),
        brand=brands[seed % len(brands)],
        kind=kind,
        look=Look(kind.code, colour, accent, pattern, int(form), seed),
        backdrop=entry["backdrop"],
        skus=_skus(code, int(yuan) * 100, kind, kind_entry.get("variants", [])),
    )


def _skus(
    code: str, price_minor: int, kind: Kind, variants: Sequence[tuple[str, str, float]]
) -> tuple[SkuSpec, ...]:
    if not variants:
        cost = round(price_minor * kind.cost_share)
        return (SkuSpec(code, Bilingual("", ""), price_minor, cost, kind.weight_grams),)
    skus = []
    for place, (name_zh, name_en, factor) in enumerate(variants):
        # Whole yuan, as on a price tag.
        price = max(100, round(price_minor * factor / 100) * 100)
        skus.append(
            SkuSpec(
                f"{code}-{place + 1}",
                Bilingual(name_zh, name_en),
                price,
                round(price * kind.cost_share),
                round(kind.weight_grams * factor),
            )
        )
    return tuple(skus)


def _bilingual(entry: dict[str, Any], key: str) -> Bilingual:
    return Bilingual(entry[f"{key}_zh"], entry[f"{key}_en"])
