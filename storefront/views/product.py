"""The page of one product."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from customers.countries import country_code
from customers.models import User
from orders.services import wishes
from storefront import sheets
from storefront.banners import banner_html
from storefront.behaviour import note_product
from storefront.form_tokens import form_token
from storefront.pages import product as pages
from storefront.reading import reader_of
from storefront.remembered import COMPARED, VIEWED, WISHED, read_country
from storefront.visitor import visitor_of


@require_safe
def product_detail(request: HttpRequest, slug: str) -> HttpResponse:
    reader = reader_of(request)
    goods = pages.read_goods(slug=slug)
    note_product(request, goods.product_id)
    visitor = visitor_of(request)
    viewed, compared = VIEWED.read(request), COMPARED.read(request)
    page = pages.product_page(goods=goods, reader=reader, visitor=visitor)
    promise = pages.delivery_words(goods, country=_country(request, reader))
    recent = pages.recently_viewed(visitor=visitor, product_ids=viewed, besides=goods.product_id)
    response = sheets.form(
        request,
        "storefront/product.html",
        holes={
            **page.holes,
            "path": request.path,
            "banner": banner_html(request, "product"),
            "promise": promise,
            "compared": _compared_words(len(compared)),
            "alert": pages.alert_html(
                goods, email=(reader.email or "") if reader else "", csrf=form_token(request)
            ),
            "recent": recent,
        },
        is_shared=True,
        can_be_bought=page.can_be_bought,
        has_promise=bool(promise),
        has_compared=bool(compared),
        is_compared=goods.product_id in compared,
        is_wished=_is_wished(request, reader, goods.product_id),
    )
    if not visitor.may_personalise:
        # Who takes the consent back is not remembered from the next page on.
        if VIEWED.cookie in request.COOKIES:
            VIEWED.write(response, ())
    elif viewed[:1] != (goods.product_id,):
        VIEWED.write(response, (goods.product_id, *viewed))
    return response


def _compared_words(count: int) -> str:
    return ngettext("%(counter)s product to compare", "%(counter)s products to compare", count) % {
        "counter": count
    }


def _country(request: HttpRequest, reader: User | None) -> str:
    """Where the visitor had something sent last, else where they live; empty is the shop's own."""
    return read_country(request) or (country_code(reader.country) if reader else "")


def _is_wished(request: HttpRequest, reader: User | None, product_id: int) -> bool:
    if reader is None:
        return product_id in WISHED.read(request)
    return wishes.is_wished(user=reader, product_id=product_id)
