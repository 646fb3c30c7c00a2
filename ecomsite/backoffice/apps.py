from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Every process that loads the apps has the Celery application that their jobs belong to.
from ecomsite.celery import app as celery_app


class BackofficeConfig(AppConfig):
    name = "ecomsite.backoffice"
    label = "backoffice"
    verbose_name = _("Back office")
    celery = celery_app
