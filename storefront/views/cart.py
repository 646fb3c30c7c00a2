"""The cart: seen, filled, changed. Works by forms alone; htmx swaps the page's middle."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders.errors import CartChangedError, NotAQuantityError, OrdersError
from orders.models import Cart
from orders.services import carts, discounts
from orders.services.carts import MOST_UNITS, CartChange
from storefront import cart_cookie, sheets
from storefront.banners import banner_html
from storefront.behaviour import note_cart
from storefront.form_tokens import form_token
from storefront.limits import is_too_often
from storefront.pages import cart as pages
from storefront.placement_html import row_cards
from storefront.reading import back, read_key, reader_of
from storefront.views.wishes import take_away
from storefront.visitor import visitor_of

# Guessing codes must not be cheap.
CODES_RATE = "30/hour"

View = Callable[[HttpRequest], HttpResponse]


@never_cache
@require_safe
def cart_detail(request: HttpRequest) -> HttpResponse:
    reader = reader_of(request)
    contents = carts.read_cart(customer=reader, token=cart_cookie.read_cart_token(request))
    page = pages.cart_page(contents=contents, customer=reader) if contents else None
    response = sheets.form(
        request,
        "storefront/cart.html",
        holes={
            **(_holes(request, page) if page else {}),
            "banner": banner_html(request, "cart"),
        },
        is_filled=page is not None,
        can_be_ordered=page is not None and page.contents.can_be_ordered,
        has_codes=page is not None and page.has_codes,
        is_known=reader is not None,
    )
    cart_cookie.correct_cart_units(request, response, contents.units if contents else 0)
    return response


def _holes(request: HttpRequest, page: pages.CartPage) -> dict[str, SafeString]:
    token = form_token(request)
    lines = "".join(pages.line_html(line, csrf=token) for line in page.lines)
    codes = mark_safe("")
    if page.has_codes:
        shown = {"page": page, "quote": page.quote, "next": request.path}
        codes = render_to_string("storefront/_cart_codes.html", shown, request)
    return {
        "lines": mark_safe(lines),  # noqa: S308  # of a stencil, which escapes
        "sums": render_to_string("storefront/_cart_sums.html", {"quote": page.quote}),
        "codes": codes,
    }


@never_cache
@require_safe
def cart_complement_list(request: HttpRequest) -> HttpResponse:
    """Fetched after the cart was shown, or opened as a page where there is no script."""
    contents = carts.read_cart(
        customer=reader_of(request), token=cart_cookie.read_cart_token(request)
    )
    row = pages.complements(contents, visitor=visitor_of(request)) if contents else None
    is_part = request.headers.get("HX-Request") == "true"
    template = "_cart_complements" if is_part else "cart_complements"
    shown = {"row": row, "cards": row_cards(row) if row else ()}
    return render(request, f"storefront/{template}.html", shown)


def changes_cart(view: View) -> View:
    """A form about the cart: what is refused is told on the page it was sent from."""

    @wraps(view)
    def told(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except OrdersError as error:
            messages.error(request, str(error))
            return _back_where_one_was(request)

    return never_cache(require_POST(told))


@changes_cart
def cart_line_add(request: HttpRequest) -> HttpResponse:
    """moved: the product whose wish is taken away with it."""
    change = carts.add_to_cart(
        customer=reader_of(request),
        token=cart_cookie.read_cart_token(request),
        sku_id=read_key(request.POST.get("sku", "")),
        quantity=_read_units(request.POST.get("quantity", "1")),
    )
    if change.added > 0:
        note_cart(
            request,
            sku_id=read_key(request.POST.get("sku", "")),
            quantity=change.added,
            is_added=True,
        )
    if change.is_less:
        messages.warning(request, _less(change))
    else:
        messages.success(request, _("“%(name)s” is in your cart.") % {"name": change.name})
    response = back(request, otherwise="storefront:cart-detail")
    cart_cookie.write_cart(response, cart=change.cart, units=change.units_in_cart)
    if moved := read_key(request.POST.get("moved", "")):
        take_away(request, response, product_id=moved)
    return response


@changes_cart
def cart_line_change(request: HttpRequest) -> HttpResponse:
    """quantity: of the button that was pressed; typed: what stands in the field between them."""
    typed = request.POST.get("quantity") or request.POST.get("typed", "")
    change = carts.set_quantity(
        cart=_own_cart(request),
        line_id=read_key(request.POST.get("line", "")),
        quantity=_read_units(typed),
    )
    if change.is_less:
        messages.warning(request, _less(change))
    response = redirect("storefront:cart-detail")
    cart_cookie.write_cart(response, cart=change.cart, units=change.units_in_cart)
    return response


@changes_cart
def cart_line_remove(request: HttpRequest) -> HttpResponse:
    cart = _own_cart(request)
    line_id = read_key(request.POST.get("line", ""))
    line = cart.lines.filter(pk=line_id).first()
    name = carts.remove_line(cart=cart, line_id=line_id)
    if line is not None:
        note_cart(request, sku_id=line.sku_id, quantity=line.quantity, is_added=False)
    messages.success(request, _("“%(name)s” is no longer in your cart.") % {"name": name})
    response = redirect("storefront:cart-detail")
    cart_cookie.write_cart(response, cart=cart, units=carts.count_units(cart=cart))
    return response


@changes_cart
def cart_code_add(request: HttpRequest) -> HttpResponse:
    """A code that does not apply is told with its reason and not kept."""
    reader = reader_of(request)
    here = back(request, otherwise="storefront:cart-detail")
    if is_too_often(request, form="cart-code", rate=CODES_RATE):
        messages.error(request, _("That was too often. Please try again in an hour."))
        return here
    contents = carts.read_cart(customer=reader, token=cart_cookie.read_cart_token(request))
    if contents is None:
        raise CartChangedError
    code = discounts.normalise_code(request.POST.get("code", ""))
    if not code:
        messages.error(request, _("Please enter the code as it was given to you."))
        return here
    before = contents.cart.codes
    contents.cart.codes = [*before, code]
    quoted = pages.quote(contents=contents, customer=reader, is_binding=True)
    refused = dict(quoted.rejected_codes).get(code)
    if refused:
        messages.error(
            request,
            _("“%(code)s” could not be applied. %(reason)s") % {"code": code, "reason": refused},
        )
        return here
    carts.set_codes(cart=contents.cart, codes=contents.cart.codes)
    messages.success(request, _("“%(code)s” has been applied.") % {"code": code})
    return here


@changes_cart
def cart_code_remove(request: HttpRequest) -> HttpResponse:
    cart = _own_cart(request)
    code = request.POST.get("code", "")
    carts.set_codes(cart=cart, codes=[each for each in cart.codes if each != code])
    return back(request, otherwise="storefront:cart-detail")


def _own_cart(request: HttpRequest) -> Cart:
    cart = carts.find_cart(customer=reader_of(request), token=cart_cookie.read_cart_token(request))
    if cart is None:
        raise CartChangedError
    return cart


def _read_units(typed: str) -> int:
    """Plain digits alone: "１", "1e9" and "NaN" are no quantities."""
    digits = typed.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MOST_UNITS))):
        raise NotAQuantityError(typed[:40], allowed=MOST_UNITS)
    return int(digits)


def _less(change: CartChange) -> str:
    if change.units == MOST_UNITS:
        return _("“%(name)s”: %(most)d is the most of it that one order may hold.") % {
            "name": change.name,
            "most": MOST_UNITS,
        }
    return ngettext(
        "There is only %(units)d of “%(name)s”; it is in your cart.",
        "There are only %(units)d of “%(name)s”; all of them are in your cart.",
        change.units,
    ) % {"units": change.units, "name": change.name}


def _back_where_one_was(request: HttpRequest) -> HttpResponse:
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return HttpResponseRedirect(referer)
    return redirect("storefront:cart-detail")
