"""Pages of the login that allauth does not do quite as this shop does."""

from typing import Any

from allauth.account.views import EmailView, LogoutView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator

from storefront.cart_cookie import forget_cart


@method_decorator(login_required, name="dispatch")
class EmailChangeView(EmailView):
    """Looking at the page writes nothing; allauth's own makes a row for an address it lacks."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"}:
            self._did_send_verification_email = False
            looked_at: HttpResponseBase = super(EmailView, self).dispatch(request, *args, **kwargs)
            return looked_at
        changed: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return changed


email_change = EmailChangeView.as_view()


class LogoutAndForgetView(LogoutView):
    """Who uses the device next does not see how much is in the cart."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post(*args, **kwargs)
        forget_cart(response)
        return response


logout = LogoutAndForgetView.as_view()
