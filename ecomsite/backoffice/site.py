"""The admin site of the shop."""

from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):
    """Staff's side of the shop."""
