"""Django's admin, on the shop's own site class."""

from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    default_site = "ecomsite.backoffice.site.BackofficeSite"
