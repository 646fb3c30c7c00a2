"""The address book of a customer: one of several addresses is the default."""

from dataclasses import asdict, dataclass

from django.db import transaction

from customers.errors import TooManyAddressesError
from customers.models import Address, User

MAX_ADDRESSES = 30


@dataclass(frozen=True, slots=True)
class AddressDetails:
    """country: two letters, see `customers.countries`."""

    recipient: str
    line: str
    city: str
    country: str
    phone: str = ""
    region: str = ""
    postal_code: str = ""


@transaction.atomic
def add_address(*, user: User, details: AddressDetails, is_default: bool = False) -> Address:
    """Add to the address book; the first one is the default whatever is said.

    Raises TooManyAddressesError when the book is full.
    """
    _lock_book(user)
    n_addresses = Address.objects.filter(user=user).count()
    if n_addresses >= MAX_ADDRESSES:
        raise TooManyAddressesError(MAX_ADDRESSES)
    if is_default:
        Address.objects.filter(user=user, is_default=True).update(is_default=False)
    return Address.objects.create(
        user=user, is_default=is_default or not n_addresses, **asdict(details)
    )


@transaction.atomic
def change_address(*, address: Address, details: AddressDetails, is_default: bool = False) -> None:
    """Correct an address. The default stays the default until another becomes it."""
    Address.objects.filter(pk=address.pk).update(**asdict(details))
    if is_default:
        make_default(address=address)


@transaction.atomic
def make_default(*, address: Address) -> None:
    _lock_book(address.user)
    book = Address.objects.filter(user=address.user)
    book.filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
    book.filter(pk=address.pk).update(is_default=True)


@transaction.atomic
def delete_address(*, address: Address) -> None:
    """Orders keep what was written on them. After the default the newest one takes its place."""
    _lock_book(address.user)
    book = Address.objects.filter(user=address.user)
    book.filter(pk=address.pk).delete()
    heir = book.order_by("-pk").first()
    if heir is not None and not book.filter(is_default=True).exists():
        book.filter(pk=heir.pk).update(is_default=True)


def _lock_book(user: User) -> None:
    """Two pages at once must not both choose a default; SQLite writes one at a time anyway."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)
