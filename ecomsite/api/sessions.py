"""Browsers that are logged in may use the API too, with the token against forged requests."""

from rest_framework.authentication import SessionAuthentication


class JsonSessionAuthentication(SessionAuthentication):
    """As Django REST framework has it; a class of its own, so that the schema can name it."""
