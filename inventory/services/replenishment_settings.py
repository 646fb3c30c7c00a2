"""What managers decided about re-ordering for all SKUs."""

from inventory.models import ReplenishmentSettings


def read_settings() -> ReplenishmentSettings:
    """The one row; until managers first save it, the defaults, unsaved: reading writes nothing."""
    return ReplenishmentSettings.objects.first() or ReplenishmentSettings(pk=1)
