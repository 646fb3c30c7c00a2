"""Pages that customers see: parse, read, answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Category, Product
from storefront import pages


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "storefront/home.html", {"home": pages.home_page()})


@require_safe
def category_detail(request: HttpRequest, slug: str) -> HttpResponse:
    category = get_object_or_404(Category, slug=slug)
    listing = pages.listing(
        category=category,
        ordering=request.GET.get("sort", pages.DEFAULT_ORDERING),
        page_number=request.GET.get("page", "1")[:9],
    )
    context = {"listing": listing, "orderings": pages.ORDERINGS}
    return render(request, "storefront/category.html", context)


@require_safe
def product_detail(request: HttpRequest, slug: str) -> HttpResponse:
    product = get_object_or_404(Product.objects.published().for_cards(), slug=slug)
    return render(request, "storefront/product.html", {"page": pages.product_page(product=product)})
