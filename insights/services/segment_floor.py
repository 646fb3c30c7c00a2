"""How small a group may be before it says too much about each of its customers."""

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _


def floor() -> int:
    return int(settings.SEGMENT_FLOOR)


def is_hidden(size: int) -> bool:
    """Nobody at all tells nothing of anybody, but neither does it deserve a figure of its own:
    a count of 0 beside one of 1 would tell who was added."""
    return size < floor()


def shown_size(size: int) -> str:
    """ "1,203", or "fewer than 10"."""
    if is_hidden(size):
        return _("fewer than %(n)d") % {"n": floor()}
    return number_format(size, decimal_pos=0, force_grouping=True)
