"""The learned order of a personal row, and what a product earns: both after the recommenders.

Until a version of `recommendations.ranker` is in service, and where staff switch the learned order
off, recommenders count what the placement says.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np

from catalog.models import Sku
from insights.models import PurchasePropensity
from inventory.services.costs import offered_costs
from recommendations.algorithms.ranker import RankerModel, feature_rows, scaled_sales
from recommendations.algorithms.shopping_log import FloatArray
from recommendations.models import Recommender
from recommendations.services.facts import Facts, best_sellers
from recommendations.services.recommenders import Asked, served

PIPELINE: Final = "recommendations.ranker"
RANKER: Final = "ranker"
MARGIN: Final = "margin"
# Of what somebody had before, the newest say what they like.
MOST_OWN: Final = 40
# How likely an order is of whom nothing is known.
UNKNOWN_PROPENSITY: Final = 0.5


def ranker_of(asked: Asked) -> RankerModel | None:
    """The version in service, for rows that follow from who looks at them."""
    if not asked.settings.learned_order or asked.is_about_the_page or asked.history.is_empty:
        return None
    found = served(PIPELINE)
    return found.model if found is not None and isinstance(found.model, RankerModel) else None


def version_of_ranker(asked: Asked) -> str:
    """What ordered the row, "recommendations.ranker:2"; empty without a version."""
    if ranker_of(asked) is None:
        return ""
    found = served(PIPELINE)
    number = found.version.number if found is not None and found.version is not None else 0
    return f"{PIPELINE}:{number}"


def own_products(asked: Asked) -> list[int]:
    """What somebody bought, has in the cart and looked at, the newest last."""
    products, _weights = asked.history.whole()
    return list(dict.fromkeys(products.tolist()[::-1]))[:MOST_OWN][::-1]


def learned_order(
    model: RankerModel,
    asked: Asked,
    product_ids: Sequence[int],
    said: Sequence[Mapping[str, float]],
) -> FloatArray:
    """Odds of each product against the best one, in (0, 1].

    said: of each product, what recommenders added by the weights of the placement. Those that the
    model was not taught count as what goes together, in the proportion that staff gave them.
    Facts of the products and of `own_products` are read already.
    """
    facts, mix = asked.facts, asked.settings.mix
    upcoming = np.array([each.get(Recommender.NEXT_ITEM, 0.0) for each in said])
    together = np.array([sum(each.values()) for each in said]) - upcoming
    known = [facts.get(pk) for pk in product_ids]
    own = [facts[pk] for pk in own_products(asked) if pk in facts]
    best = best_sellers()
    features = feature_rows(
        together=together / (mix.get(Recommender.ITEM_NEIGHBOURS) or 1.0),
        upcoming=upcoming / (mix.get(Recommender.NEXT_ITEM) or 1.0),
        sold=scaled_sales(
            np.array([each.units_sold if each else 0 for each in known], dtype=np.float64),
            float(best[0].units_sold) if best else 1.0,
        ),
        own_categories=_shares(known, own),
        prices=np.array([each.price_minor if each else 0 for each in known], dtype=np.float64),
        own_prices=np.array([each.price_minor for each in own], dtype=np.float64),
        n_orders=len({each.order_id for each in asked.history.bought}),
    )
    return model.order(features)


def worth_of_margin(asked: Asked, product_ids: Sequence[int]) -> FloatArray:
    """What each product is favoured by, 1 for not at all.

    The share of the price that stays after the cost, times how much staff let it count, times how
    likely the customer orders anyway: who hesitates is shown what fits.
    """
    margins = read_margins(product_ids)
    weight = asked.settings.margin * _propensity(asked)
    return 1.0 + weight * np.array([margins.get(pk, 0.0) for pk in product_ids])


def read_margins(product_ids: Sequence[int]) -> dict[int, float]:
    """In 0..1, of the dearest SKU with a known cost; products without one are left out."""
    rows = list(
        Sku.objects.filter(product__in=product_ids, is_active=True)
        .order_by("price_minor", "pk")
        .values_list("pk", "product_id", "price_minor")
    )
    costs = offered_costs(sku_ids=[pk for pk, _product, _price in rows])
    return {
        product_id: min(1.0, max(0.0, (price - costs[pk]) / price))
        for pk, product_id, price in rows
        if pk in costs and price > 0
    }


def _propensity(asked: Asked) -> float:
    visitor = asked.history.visitor
    if visitor.customer_id is None or not visitor.may_personalise:
        return UNKNOWN_PROPENSITY
    values = PurchasePropensity.objects.standing().filter(customer=visitor.customer_id)
    found = values.values_list("value").first()
    return cast("float", found[0]) if found is not None else UNKNOWN_PROPENSITY


def _shares(known: Sequence[Facts | None], own: Sequence[Facts]) -> FloatArray:
    counts: dict[int, int] = {}
    for each in own:
        if each.category_id >= 0:
            counts[each.category_id] = counts.get(each.category_id, 0) + 1
    of = max(len(own), 1)
    return np.array(
        [counts.get(each.category_id, 0) / of if each is not None else 0.0 for each in known]
    )
