"""What the first page of the back office shows."""

from dataclasses import dataclass

from django.http import HttpRequest

from ecomsite.backoffice.navigation import waiting_for
from ecomsite.backoffice.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Dashboard:
    waiting: Waiting


def read_dashboard(request: HttpRequest) -> Dashboard:
    return Dashboard(waiting=waiting_for(request))
