"""Small shops, made up, whose neighbours can be told by hand."""

import numpy as np

from recommendations.algorithms.shopping_log import ShoppingLog, purchase_log


def make_log(*baskets: tuple[int, ...], n_products: int = 0, first_day: int = 0) -> ShoppingLog:
    """One customer and one day for each basket."""
    sizes = [len(basket) for basket in baskets]
    number = np.repeat(np.arange(len(baskets)), sizes)
    products = [product for basket in baskets for product in basket]
    return purchase_log(
        customer=number,
        basket=number,
        product=products,
        day=number + first_day,
        n_products=n_products or max(products) + 1,
    )


def make_themed_shop(
    *, n_themes: int = 8, per_theme: int = 10, n_customers: int = 150, seed: int = 0
) -> ShoppingLog:
    """Customers who come back six times, each time for four things of one of their two themes."""
    random = np.random.default_rng(seed)
    customer, basket, product, day = [], [], [], []
    for person in range(n_customers):
        themes = random.choice(n_themes, size=2, replace=False)
        for visit in range(6):
            theme = random.choice(themes)
            chosen = random.choice(per_theme, size=4, replace=False) + theme * per_theme
            chosen[0] = random.integers(n_themes * per_theme)
            for each in np.unique(chosen):
                customer.append(person)
                basket.append(person * 6 + visit)
                product.append(int(each))
                day.append(visit * 30 + int(random.integers(30)))
    return purchase_log(
        customer=customer,
        basket=basket,
        product=product,
        day=_one_day_a_basket(basket, day),
        n_products=n_themes * per_theme,
    )


def _one_day_a_basket(basket: list[int], day: list[int]) -> list[int]:
    days: dict[int, int] = {}
    return [days.setdefault(number, each) for number, each in zip(basket, day, strict=True)]
