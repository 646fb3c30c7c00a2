"""Lists that conditions choose from; each is read when it is shown."""

from django.conf import settings

from catalog.models import Brand, Category
from customers.countries import country_name
from customers.models import Consent, User
from insights.models import RfmScore, Segment
from insights.services.segment_rules import parameters as inputs
from insights.services.segment_titles import segment_titles


def languages() -> inputs.Choices:
    return [(code, name) for code, name in settings.LANGUAGES]


def countries() -> inputs.Choices:
    found = User.objects.customers().exclude(country="").order_by("country")
    codes = found.values_list("country", flat=True).distinct()[: inputs.MOST_CHOICES]
    return [(code, country_name(code)) for code in codes]


def categories() -> inputs.Choices:
    return [
        (str(one.pk), "– " * (one.depth - 1) + one.name)
        for one in Category.objects.all()[: inputs.MOST_CHOICES]
    ]


def brands() -> inputs.Choices:
    found = Brand.objects.order_by("name")[: inputs.MOST_CHOICES]
    return [(str(one.pk), one.name) for one in found]


def purposes() -> inputs.Choices:
    return list(Consent.Purpose.choices)


def rfm_cells() -> inputs.Choices:
    return list(RfmScore.Cell.choices)


def segments() -> inputs.Choices:
    found = Segment.objects.current()[: inputs.MOST_CHOICES]
    return [(str(key), title) for key, title in segment_titles(found).items()]
