"""How often one visitor may ask the API."""

from rest_framework.throttling import ScopedRateThrottle

from storefront.limits import CountedThrottle


class Throttle(ScopedRateThrottle, CountedThrottle):
    """The rate of the view's scope."""
