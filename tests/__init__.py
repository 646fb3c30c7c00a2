import django

from tests import environment

__all__ = ["environment"]

django.setup()
