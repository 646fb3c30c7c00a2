"""Paying an order: choosing how, waiting for the money, and being thanked.

An order's own pages: for its customer, or for a guest who placed or proved it in this browser.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from orders.errors import OrdersError
from orders.models import Order, Payment
from orders.services import payments
from orders.services.payments.testing import Answer, answer_test
from storefront.limits import is_too_often
from storefront.pages.payment import Stage, next_page, payment_page
from storefront.views.orders import of_visitor


def begin_payment(request: HttpRequest, *, order: Order, provider: str) -> HttpResponse:
    """Start a payment and lead the customer on: the last step of the checkout, and another try.

    Outside any transaction. What goes wrong is said on the page of paying.
    """
    thanks = reverse("storefront:order-thanks", kwargs={"number": order.number})
    try:
        payment = payments.start_payment(
            order=order, provider=provider, return_url=request.build_absolute_uri(thanks)
        )
    except OrdersError as error:
        messages.error(request, str(error))
        return redirect("storefront:payment-detail", number=order.number)
    return HttpResponseRedirect(next_page(payment=payment))


@never_cache
@require_safe
@of_visitor
def payment_detail(request: HttpRequest, order: Order) -> HttpResponse:
    page = payment_page(order=order)
    if page.stage == Stage.PAID:
        return redirect("storefront:order-thanks", number=order.number)
    return render(request, "storefront/payment/detail.html", {"page": page})


@never_cache
@require_POST
@of_visitor
def payment_start(request: HttpRequest, order: Order) -> HttpResponse:
    if is_too_often(request, form="payment-start", rate="30/hour"):
        return render(request, "429.html", status=429)
    return begin_payment(request, order=order, provider=request.POST.get("provider", "")[:30])


@never_cache
@require_POST
@of_visitor
def payment_test(request: HttpRequest, order: Order) -> HttpResponse:
    """The answer of the tester; only there while the test provider is."""
    payment = order.payments.filter(provider="test").order_by("-pk").first()
    answer = request.POST.get("answer", "")
    if payment is not None and answer in Answer.values:
        answer_test(payment=payment, answer=Answer(answer))
        if payment.state == Payment.State.CAPTURED or answer == Answer.LATER:
            return redirect("storefront:order-thanks", number=order.number)
    return redirect("storefront:payment-detail", number=order.number)


@never_cache
@require_POST
@of_visitor
def payment_check(request: HttpRequest, order: Order) -> HttpResponse:
    """Ask the provider how it stands; a page that waits does so every few seconds."""
    if not is_too_often(request, form="payment-check", rate="40/minute"):
        payments.ask_for_customer(order=order)
        order.refresh_from_db()
    page = payment_page(order=order, is_back=True)
    thanks = reverse("storefront:order-thanks", kwargs={"number": order.number})
    if not request.htmx:  # type: ignore[attr-defined]  # of its middleware
        return HttpResponseRedirect(thanks)
    if page.is_waiting:
        return render(request, "storefront/payment/_waiting.html", {"page": page})
    return HttpResponseClientRedirect(thanks)


@never_cache
@require_safe
@of_visitor
def order_thanks(request: HttpRequest, order: Order) -> HttpResponse:
    """Where the checkout ends, and where providers send the customer back to."""
    page = payment_page(order=order, is_back=True)
    if request.GET.get("back") or page.stage in (Stage.CHOOSE, Stage.TEST, Stage.CANCELLED):
        return redirect("storefront:payment-detail", number=order.number)
    return render(request, "storefront/payment/thanks.html", {"page": page})
