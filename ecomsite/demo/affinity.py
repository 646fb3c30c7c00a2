"""Which products go with which: the pattern behind the baskets of the demo shop."""

import numpy as np
from numpy.typing import NDArray

from ecomsite.demo.specification import ProductSpec

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Kinds that are bought together, and how much likelier the second becomes.
TOGETHER: tuple[tuple[str, str, float], ...] = (
    ("teapot", "teacup", 14), ("teacup", "tea_tin", 7), ("gaiwan", "tea_tin", 10),
    ("gaiwan", "teacup", 8), ("teapot", "tea_tin", 8), ("bowl", "chopsticks", 9),
    ("plate", "bowl", 11), ("mug", "tea_tin", 3), ("tumbler", "kettle", 3),
    ("pot", "board", 5), ("pan", "board", 7), ("pot", "pan", 4), ("steamer", "chopsticks", 6),
    ("jar", "board", 4), ("table_lamp", "cushion", 3), ("floor_lamp", "throw", 4),
    ("lantern", "candle", 4), ("candle", "diffuser", 8), ("vase", "print", 4),
    ("vase", "tablecloth", 3), ("clock", "print", 5), ("cushion", "throw", 12),
    ("tablecloth", "plate", 5), ("notebook", "pen", 13), ("tape", "notebook", 10),
    ("cards", "pen", 6), ("calendar", "notebook", 5), ("pencil_case", "notebook", 6),
    ("pencil_case", "backpack", 7), ("blocks", "puzzle", 8), ("train", "blocks", 7),
    ("bear", "duck", 5), ("top", "kite", 5), ("plant", "planter", 14),
    ("planter", "seeds", 7), ("watering_can", "plant", 8), ("trowel", "seeds", 11),
    ("trowel", "planter", 6), ("suitcase", "pouch", 11), ("backpack", "pouch", 6),
    ("tote", "pouch", 7), ("tshirt", "hat", 5), ("dress", "hat", 8), ("shirt", "tshirt", 5),
    ("scarf", "socks", 6), ("soap", "towel", 8), ("bottle", "brush", 7), ("soap", "brush", 6),
    ("bottle", "towel", 5), ("candle", "bottle", 3),
)  # fmt: skip
STYLES: dict[str, tuple[str, ...]] = {
    "blue": ("navy", "indigo", "lake", "sky", "mist", "slate", "steel", "glass"),
    "green": ("celadon", "jade", "pine", "forest", "moss", "sage"),
    "warm": ("butter", "mustard", "persimmon", "apricot", "terracotta", "copper", "brass"),
    "red": ("cinnabar", "wine", "blush", "rose", "lilac", "plum"),
    "natural": ("white", "cream", "oat", "sand", "ash", "stone", "bamboo", "oak", "walnut"),
    "dark": ("ink", "cocoa"),
}


def styles_of(products: tuple[ProductSpec, ...]) -> IntArray:
    """The family of each product's colour, as a place in `STYLES`."""
    place = {colour: number for number, family in enumerate(STYLES.values()) for colour in family}
    return np.array([place[product.look.colour] for product in products], dtype=np.int64)


def affinity(products: tuple[ProductSpec, ...]) -> FloatArray:
    """How much likelier a product is in a basket that holds another: shape (n, n)."""
    kinds = [product.kind.code for product in products]
    names = sorted(set(kinds))
    number = {name: place for place, name in enumerate(names)}
    by_kind = np.full((len(names), len(names)), 0.35)
    for first, second, strength in TOGETHER:
        if first in number and second in number:
            by_kind[number[first], number[second]] = strength
            by_kind[number[second], number[first]] = strength
    np.fill_diagonal(by_kind, 1.6)
    kind = np.array([number[name] for name in kinds])
    category = np.array([product.kind.category for product in products])
    style = styles_of(products)
    pairs = by_kind[kind][:, kind]
    pairs *= np.where(category[:, None] == category[None, :], 2.2, 1.0)
    pairs *= np.where(style[:, None] == style[None, :], 2.0, 0.8)
    np.fill_diagonal(pairs, 0.0)
    return np.asarray(pairs)
