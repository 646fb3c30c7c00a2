"""Pushing what apps above the catalogue know down to its product cards."""

from datetime import date, timedelta

from django.db.models import Avg, Count, Sum

from catalog.models import Product
from catalog.services import summaries
from catalog.services.summaries import Rating
from inventory.models import DemandDay
from inventory.services.availability import show_availability
from support.models import Review

SALES_DAYS = 30


def refresh_product_cards(*, as_of: date) -> int:
    """Bring price, availability, rating and sales of every product's card up to date."""
    products = list(Product.objects.values_list("pk", flat=True))
    summaries.refresh_prices()
    show_availability(product_ids=products)
    summaries.record_ratings(
        ratings={
            product: Rating(average=average, count=count)
            for product, average, count in Review.objects.published()
            .order_by()
            .values("product")
            .annotate(average=Avg("stars"), count=Count("pk"))
            .values_list("product", "average", "count")
        },
        among=products,
    )
    summaries.record_sales(
        units_30_days=dict(
            DemandDay.objects.filter(day__gt=as_of - timedelta(days=SALES_DAYS), day__lte=as_of)
            .order_by()
            .values("sku__product")
            .annotate(units=Sum("units_filled"))
            .values_list("sku__product", "units")
        ),
        among=products,
    )
    return len(products)
