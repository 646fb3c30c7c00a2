"""Who buys at the demo shop: invented people with tastes, habits and a last visit."""

import tomllib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ecomsite.demo.specification import TEXTS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Shoppers:
    """Arrays of shape (n_shoppers,); taste is (n_shoppers, n_categories), style (…, n_styles).

    joined, left: days since the first one of the history, joined may lie before it.
    daily_orders: orders a day between the two.
    """

    first_name: list[str]
    last_name: list[str]
    city: list[str]
    region: list[str]
    country: list[str]
    speaks_chinese: NDArray[np.bool_]
    is_guest: NDArray[np.bool_]
    joined: IntArray
    left: IntArray
    daily_orders: FloatArray
    taste: FloatArray
    style: FloatArray

    def __len__(self) -> int:
        return len(self.joined)


@dataclass(frozen=True)
class _Names:
    given: list[str]
    family: list[str]
    places: list[tuple[str, str, str]]  # city, region, country


@cache
def _names(*, chinese: bool) -> _Names:
    with (TEXTS / "people.toml").open("rb") as file:
        people = tomllib.load(file)
    if not chinese:
        places = [(city, "", country) for city, country in people["cities_en"]]
        return _Names(people["given_en"].split(), people["family_en"].split(), places)
    pairs = [place.split("/") for place in people["cities_zh"].split()]
    places = [(city, region, "China") for city, region in pairs]
    return _Names(people["given_zh"].split(), list(people["family_zh"]), places)


def make_shoppers(
    n: int, *, n_days: int, n_categories: int, n_styles: int, rng: np.random.Generator
) -> Shoppers:
    speaks_chinese = rng.random(n) < 0.8
    names = [_names(chinese=bool(chinese)) for chinese in speaks_chinese]
    dice = rng.random((n, 3)).tolist()
    places = [
        people.places[int(die[0] * len(people.places))]
        for people, die in zip(names, dice, strict=True)
    ]
    # A third were there before the history begins; the rest come over the months.
    joined = np.where(
        rng.random(n) < 0.36, rng.integers(-400, 0, n), rng.integers(0, max(1, n_days - 3), n)
    ).astype(np.int64)
    stays = rng.exponential(420, n) + 14
    # Some buy once and never again.
    is_guest = rng.random(n) < 0.1
    stays = np.where(is_guest, 12, stays)
    return Shoppers(
        first_name=[
            people.given[int(die[1] * len(people.given))]
            for people, die in zip(names, dice, strict=True)
        ],
        last_name=[
            people.family[int(die[2] * len(people.family))]
            for people, die in zip(names, dice, strict=True)
        ],
        city=[city for city, _, _ in places],
        region=[region for _, region, _ in places],
        country=[country for _, _, country in places],
        speaks_chinese=speaks_chinese,
        is_guest=is_guest,
        joined=joined,
        left=(joined + stays).astype(np.int64),
        daily_orders=np.where(is_guest, 1 / 12, rng.gamma(1.6, 1 / 1.6, n) * 0.054 + 0.007),
        taste=rng.dirichlet(np.full(n_categories, 0.3), n) * n_categories + 0.06,
        style=rng.dirichlet(np.full(n_styles, 0.55), n) * n_styles + 0.15,
    )
