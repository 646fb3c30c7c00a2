"""What payment providers tell: one address each, outside every language."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.errors import UnknownProviderError, UntrustedEventError
from orders.services import payments


@csrf_exempt
@require_POST
def payment_event_add(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a message of a provider. 200 tells the provider not to send it again.

    Its signature is what lets it in; nothing of the body is read before its length is known.
    """
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return JsonResponse({"code": "length_required"}, status=411)
    if len(length) > 12 or int(length) > settings.PAYMENT_EVENT_MAX_BYTES:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        event = payments.receive_event(
            provider=provider, headers=request.headers, body=request.body
        )
    except UnknownProviderError as error:
        raise Http404 from error
    except UntrustedEventError as error:
        return JsonResponse({"code": "bad_signature", "message": str(error)}, status=400)
    return JsonResponse({"state": event.state})
