"""How much demand a stock must last for, from the forecast's quantiles and from the SKU itself.

Arrays are (n_skus,) unless said otherwise; units are of demand over lead time and review period.
"""

from dataclasses import dataclass

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

# Measured by replaying spring and summer of Online Retail, before the weeks that are reported:
# 0.3 to 0.7 did alike, and either part alone needed an eighth more stock for the same fill rate.
OWN_WEIGHT = 0.5
OWN_DAYS = 182
FEWEST_OWN_DAYS = 56
HIGHEST_PROBABILITY = 0.999


@dataclass(frozen=True)
class DemandOutlook:
    """What is known of demand until the delivery after the next."""

    shares: FloatArray
    """Probabilities of the quantiles, ascending, shape (n_shares,)."""
    quantiles: FloatArray
    """Of SKUs alike, as forecast, shape (n_skus, n_shares)."""
    lead_mean: FloatArray
    lead_sd: FloatArray
    review_days: IntArray
    own_mean: FloatArray
    """Units a day that the SKU itself sold over half a year; NaN where too little is known."""
    own_sd: FloatArray

    @property
    def cover_days(self) -> FloatArray:
        days: FloatArray = self.lead_mean + self.review_days
        return days


def demand_bound(outlook: DemandOutlook, probability: FloatArray) -> FloatArray:
    """Units that demand stays under with `probability`.

    The geometric mean of two answers: the quantile of SKUs alike, which knows rare surprises and
    today's level, and that of the SKU's own half year, which knows its own bulk orders.
    """
    pooled = quantile_of(outlook.shares, outlook.quantiles, probability)
    own = own_quantile(outlook, probability)
    # Half a unit keeps a SKU that one answer gives nothing from being given nothing at all.
    mixed = np.exp((1.0 - OWN_WEIGHT) * np.log(pooled + 0.5) + OWN_WEIGHT * np.log(own + 0.5)) - 0.5
    bound: FloatArray = np.where(np.isfinite(own), mixed, pooled)
    return bound


def quantile_of(shares: FloatArray, quantiles: FloatArray, probability: FloatArray) -> FloatArray:
    """Between the quantiles on a line; above the last one an exponential tail through the last two.

    Below the first one the first is returned: nobody stocks for less than the median.
    """
    rows = np.arange(len(quantiles))
    if len(shares) == 0:
        return np.zeros(len(quantiles))
    if len(shares) == 1:
        return quantiles[:, 0].astype(np.float64)
    wanted = np.clip(probability, shares[0], HIGHEST_PROBABILITY)
    above = np.clip(np.searchsorted(shares, wanted), 1, len(shares) - 1)
    low, high = shares[above - 1], shares[above]
    weight = np.minimum(1.0, (wanted - low) / (high - low))
    within = quantiles[rows, above - 1] * (1.0 - weight) + quantiles[rows, above] * weight
    beyond = np.maximum(0.0, np.log((1.0 - shares[-1]) / (1.0 - wanted)))
    units: FloatArray = within + beyond * _tail_scale(shares, quantiles)
    return units


def _tail_scale(shares: FloatArray, quantiles: FloatArray) -> FloatArray:
    decades = np.log((1.0 - shares[-2]) / (1.0 - shares[-1]))
    scale: FloatArray = np.maximum(0.0, quantiles[:, -1] - quantiles[:, -2]) / decades
    return scale


def own_quantile(outlook: DemandOutlook, probability: FloatArray) -> FloatArray:
    """Quantile of a gamma distribution with the mean and variance of the SKU's own days.

    Burgin (1975), "The gamma distribution and inventory control"; the variance of a sum over a
    random number of days is cover x sd^2 + (mean x lead sd)^2. NaN where the SKU is too young.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  # pages that only rank do not pay for it

    mean = outlook.own_mean * outlook.cover_days
    variance = outlook.cover_days * outlook.own_sd**2 + (outlook.own_mean * outlook.lead_sd) ** 2
    usable = (mean > 0) & (variance > 0)
    shape = np.divide(mean**2, variance, out=np.ones_like(mean), where=usable)
    share = np.clip(probability, 0.0, HIGHEST_PROBABILITY)
    units = gammaincinv(shape, share) * np.divide(
        variance, mean, out=np.zeros_like(mean), where=usable
    )
    quantile: FloatArray = np.where(usable, units, np.where(np.isnan(mean), np.nan, mean))
    return quantile


def expected_shortage(shares: FloatArray, quantiles: FloatArray, stock: FloatArray) -> FloatArray:
    """Mean units that customers ask for beyond `stock`, by the same curve as `quantile_of`.

    The integral of the share of windows that ask for more, from the stock upwards.
    """
    n_skus = len(quantiles)
    if len(shares) == 0:
        return np.zeros(n_skus)
    stock = np.maximum(0.0, stock)
    units = np.concatenate(
        [np.zeros((n_skus, 1)), np.maximum.accumulate(quantiles, axis=1)], axis=1
    )
    left = np.concatenate([[1.0], 1.0 - shares])
    short = np.zeros(n_skus)
    for place in range(len(shares)):
        low, high = units[:, place], units[:, place + 1]
        width = high - low
        start = np.clip(stock, low, high)
        slope = np.divide(
            left[place] - left[place + 1], width, out=np.zeros_like(width), where=width > 0
        )
        at_start = left[place] - slope * (start - low)
        short += (high - start) * (at_start + left[place + 1]) / 2.0
    if len(shares) > 1:
        scale = _tail_scale(shares, quantiles)
        past = np.maximum(0.0, stock - units[:, -1])
        decay = np.divide(past, scale, out=np.full(n_skus, np.inf), where=scale > 0)
        short += left[-1] * scale * np.exp(-np.where(past > 0, decay, 0.0))
    return short


def split_quantiles(quantiles: FloatArray, share: FloatArray) -> FloatArray:
    """Quantiles of a part of demand, shape (n_skus, n_shares).

    share: of the whole, in [0, 1]. The median shrinks with the share, distances from it with its
    square root: customers who choose the warehouse each for themselves even out less in a part.
    """
    part = np.clip(share, 0.0, 1.0)[:, None]
    middle = quantiles[:, :1] * part
    split: FloatArray = np.maximum(0.0, middle + (quantiles - quantiles[:, :1]) * np.sqrt(part))
    return np.where(part > 0, split, 0.0)
