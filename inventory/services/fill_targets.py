"""How strict reorder points must be for the fill rate that staff asked for to be kept."""

from dataclasses import replace
from datetime import date

import numpy as np

from inventory.algorithms.fill_target import LARGEST_LEEWAY, choose_leeway
from inventory.algorithms.past_outlooks import reorder_levels
from inventory.algorithms.simulation import Replay, replay
from inventory.models import ReplenishmentSettings
from inventory.services.past_shop import WARM_UP_DAYS, PastShop, read_past_shop


def choose_leeway_from_past(
    *, as_of: date, fill_rate: float, settings: ReplenishmentSettings
) -> float:
    """Leeway with which the last twelve weeks would have kept the fill rate.

    The whole leeway, so that what is typed is read as the share of windows to cover, until the
    shop has a past to replay.
    """
    shop = read_past_shop(as_of=as_of, settings=settings)
    return LARGEST_LEEWAY if shop is None else leeway_of(shop, fill_rate=fill_rate)


def leeway_of(shop: PastShop, *, fill_rate: float) -> float:
    if not shop.scene.demand[:, WARM_UP_DAYS:].any():
        return LARGEST_LEEWAY
    first = shop.replayed_from
    terms = replace(shop.terms, asked_level=np.full(len(shop.sku_ids), fill_rate))

    def replayed(leeway: float) -> Replay:
        return replay(
            shop.scene,
            lambda day: reorder_levels(shop.outlooks.of(first + day), terms, leeway=leeway),
            warm_up_days=WARM_UP_DAYS,
        )

    return choose_leeway(replayed, fill_rate=fill_rate)
