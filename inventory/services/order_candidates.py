"""SKUs in warehouses that could be ordered for, and what is known of the demand there."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from django.db.models import TextField
from django.db.models.functions import Cast

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_bounds import DemandOutlook, split_quantiles
from inventory.models import DemandForecast, ReorderPolicy, Warehouse
from inventory.services.stock import default_warehouse
from inventory.services.suppliers import (
    LeadTime,
    OfferTerms,
    lead_time_of,
    lead_times,
    preferred_offers,
)
from inventory.services.warehouse_demand import OwnDemand, demand_shares, own_demand

DECIMALS: Final = 4


class ForecastTerms(NamedTuple):
    """What a draft needs of a forecast; its days, which are most of the row, are not read."""

    id: int
    sku_id: int
    warehouse_id: int
    as_of: date
    horizon_days: int
    units: float
    lead_time_quantiles: Mapping[str, float]
    confidence: float | None
    model_version_id: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SKU in a warehouse that could be ordered for."""

    forecast: ForecastTerms
    warehouse_id: int
    offer: OfferTerms
    lead: LeadTime
    share: float
    own: OwnDemand | None
    typed_level: float | None
    review_days: int
    minimum_stock: int


def read_candidates(as_of: date) -> list[Candidate]:
    warehouses = list(Warehouse.objects.filter(is_active=True).order_by("pk"))
    main = default_warehouse()
    forecasts = _read_forecasts(as_of)
    offers, known = preferred_offers(), lead_times()
    policies = {policy.sku_id: policy for policy in ReorderPolicy.objects.all()}
    places = _places(forecasts, warehouses, main, as_of)
    own = own_demand(as_of=as_of)
    found = []
    for forecast, warehouse_id, share in places:
        offer, policy = offers.get(forecast.sku_id), policies.get(forecast.sku_id)
        if offer is None or not offer.sku_is_active or not forecast.lead_time_quantiles:
            continue
        if policy is not None and not policy.is_reordered:
            continue
        found.append(
            Candidate(
                forecast=forecast,
                warehouse_id=warehouse_id,
                offer=offer,
                lead=lead_time_of(offer, known),
                share=share,
                own=own.get((forecast.sku_id, warehouse_id)),
                typed_level=None if policy is None else policy.service_level,
                review_days=1 if policy is None else policy.review_period_days,
                # Staff type one number a SKU; it is kept where customers are served from.
                minimum_stock=(policy.minimum_stock if policy and warehouse_id == main.pk else 0),
            )
        )
    return found


def _read_forecasts(as_of: date) -> list[ForecastTerms]:
    fields = list(ForecastTerms._fields)
    place = fields.index("lead_time_quantiles")
    # Read as one text: to set a decoder up for each takes longer than its six numbers.
    fields[place] = "quantiles"
    rows = list(
        DemandForecast.objects.in_force()
        .filter(as_of__lte=as_of, warehouse__is_active=True)
        .annotate(quantiles=Cast("lead_time_quantiles", TextField()))
        .order_by("warehouse_id", "sku_id")
        .values_list(*fields)
    )
    quantiles = json.loads(f"[{','.join(row[place] for row in rows)}]")
    return [
        ForecastTerms._make((*row[:place], units, *row[place + 1 :]))
        for row, units in zip(rows, quantiles, strict=True)
    ]


def _places(
    forecasts: Sequence[ForecastTerms],
    warehouses: Sequence[Warehouse],
    main: Warehouse,
    as_of: date,
) -> list[tuple[ForecastTerms, int, float]]:
    """Each forecast with the warehouses it speaks for and their shares in it.

    The forecast of the default warehouse is that of the shop. Where a SKU has no other, it is
    shared out by what each warehouse was asked for lately.
    """
    forecast_in: dict[int, int] = defaultdict(int)
    for forecast in forecasts:
        forecast_in[forecast.sku_id] += 1
    shares = demand_shares(as_of=as_of) if len(warehouses) > 1 else {}
    asked_for = {sku_id for sku_id, _warehouse in shares}
    found = []
    for forecast in forecasts:
        sku_id = forecast.sku_id
        is_of_the_shop = forecast.warehouse_id == main.pk and forecast_in[sku_id] == 1
        if not is_of_the_shop or sku_id not in asked_for:
            found.append((forecast, forecast.warehouse_id, 1.0))
            continue
        found += [
            (forecast, warehouse.pk, shares.get((sku_id, warehouse.pk), 0.0))
            for warehouse in warehouses
            if (sku_id, warehouse.pk) in shares or warehouse.pk == main.pk
        ]
    return found


def outlook_of(candidates: Sequence[Candidate]) -> DemandOutlook:
    """Arrays in the order of the candidates."""
    shares = sorted(
        {float(name) for row in candidates for name in row.forecast.lead_time_quantiles}
    )
    quantiles = _quantiles(candidates, shares)
    part = floats([row.share for row in candidates])
    if (part != 1.0).any():
        quantiles = split_quantiles(quantiles, part)
    return DemandOutlook(
        shares=np.array(shares),
        quantiles=quantiles.round(DECIMALS),
        lead_mean=floats([row.lead.mean_days for row in candidates]),
        lead_sd=floats([row.lead.sd_days for row in candidates]),
        review_days=integers([row.review_days for row in candidates]),
        own_mean=floats([np.nan if row.own is None else row.own.mean for row in candidates]),
        own_sd=floats([np.nan if row.own is None else row.own.sd for row in candidates]),
    )


def _quantiles(candidates: Sequence[Candidate], shares: Sequence[float]) -> FloatArray:
    """Never falling along a row; a share that a forecast does not name lies between its others."""
    rows_of: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(candidates):
        rows_of[tuple(row.forecast.lead_time_quantiles)].append(number)
    quantiles = np.zeros((len(candidates), len(shares)))
    for stored, rows in rows_of.items():
        names = sorted(stored, key=float)
        at = [float(name) for name in names]
        units_of = [candidates[row].forecast.lead_time_quantiles for row in rows]
        known = np.array([[units[name] for name in names] for units in units_of], dtype=np.float64)
        known = np.maximum.accumulate(np.maximum(0.0, known), axis=1)
        quantiles[rows] = (
            known if at == list(shares) else [np.interp(shares, at, units) for units in known]
        )
    return quantiles


def floats(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64).round(DECIMALS)


def integers(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)
