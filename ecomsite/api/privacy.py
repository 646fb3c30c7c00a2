"""Keys to the API that a person made, and answers that are kept for repeated requests."""

from customers.models import User
from customers.services.personal_data import Rows, as_rows
from ecomsite.api.models import ApiToken, IdempotentRequest


def export_personal_data(user: User) -> Rows:
    tokens = ApiToken.objects.filter(user=user)
    return {str(ApiToken._meta.verbose_name_plural): as_rows(tokens, without=("sha256",))}


def erase_personal_data(user: User) -> int:
    tokens = ApiToken.objects.filter(user=user)
    callers = [f"token:{pk}" for pk in tokens.values_list("pk", flat=True)] + [f"user:{user.pk}"]
    n_answers = IdempotentRequest.objects.filter(caller__in=callers).delete()[0]
    return n_answers + tokens.delete()[0]
