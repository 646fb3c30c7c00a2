"""What customers say of themselves."""

from customers.models import User


def change_profile(*, user: User, first_name: str, last_name: str, language: str) -> None:
    User.objects.filter(pk=user.pk).update(
        first_name=first_name, last_name=last_name, language=language
    )
