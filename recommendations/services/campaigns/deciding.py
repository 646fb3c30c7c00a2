"""What managers decided for all campaigns."""

from recommendations.models import CampaignSettings


def read_settings() -> CampaignSettings:
    """The one row; until managers first save it, the defaults, unsaved: reading writes nothing."""
    return CampaignSettings.objects.first() or CampaignSettings(pk=1)
