"""What a product's page offers: its variants and its photos."""

from dataclasses import dataclass

from storefront.cards import Photo

# From so many units on their number is nobody's business.
MANY = 11


@dataclass(frozen=True, slots=True)
class Variant:
    """A SKU to choose. units: what may be promised, at most `MANY`."""

    sku_id: str
    code: str
    name: str
    price: str
    price_minor: int
    price_before: str
    percent_off: int
    weight_grams: int | None
    units: int

    @property
    def is_many(self) -> bool:
        return self.units >= MANY


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo of the gallery in the sizes that it is shown in."""

    large: Photo
    medium: Photo
    small: Photo
    alt: str
