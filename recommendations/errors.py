"""What can go wrong in recommendations."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _


class RecommendationsError(Exception):
    """Base of every error of this app."""


class SameProductError(RecommendationsError):
    """Raised when a product is to be shown, or not shown, beside itself."""

    def __init__(self, product: str) -> None:
        self.product = product
        super().__init__(_("“%(product)s” cannot be shown beside itself.") % {"product": product})


class PlacementSettingsError(RecommendationsError):
    """Raised for settings of a placement that make no sense; `fields` names each and says why."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__(" ".join(f"{name}: {why}" for name, why in self.fields.items()))


class UnknownPlacementError(RecommendationsError):
    """Raised for a place that the shop does not have."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(_("There is no placement “%(code)s”.") % {"code": code})


class CampaignStepError(RecommendationsError):
    """Raised when a campaign is not in a state in which this step can be taken."""

    def __init__(self, campaign: str, *, status: str, step: str) -> None:
        self.campaign = campaign
        self.status = status
        self.step = step
        super().__init__(
            _("“%(campaign)s” is “%(status)s”; it cannot become “%(step)s” now.")
            % {"campaign": campaign, "status": status, "step": step}
        )


class CampaignIncompleteError(RecommendationsError):
    """Raised when a campaign lacks something that it needs to run; `problems` says what."""

    def __init__(self, campaign: str, *, problems: Sequence[str]) -> None:
        self.campaign = campaign
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


class ChangedCampaignError(RecommendationsError):
    """Raised when a campaign is not what the person was shown who approves it."""

    def __init__(self, campaign: str) -> None:
        self.campaign = campaign
        super().__init__(
            _("“%(campaign)s” has changed since you saw it. Please look at it again.")
            % {"campaign": campaign}
        )


class AnotherPersonNeededError(RecommendationsError):
    """Raised when who approved a large campaign first approves it a second time."""

    def __init__(self, campaign: str) -> None:
        self.campaign = campaign
        super().__init__(
            _("You have approved “%(campaign)s” already. A second person has to approve it.")
            % {"campaign": campaign}
        )


class ForeignLinkError(RecommendationsError):
    """Raised for a link of a creative that leads to no page of this shop."""

    def __init__(self, link: str) -> None:
        self.link = link
        super().__init__(
            _("“%(link)s” is no page of this shop. Write an address such as /search/.")
            % {"link": link[:200]}
        )


class ExperimentStepError(RecommendationsError):
    """Raised when an experiment cannot take this step as it stands; says why."""

    def __init__(self, experiment: str, *, problem: str) -> None:
        self.experiment = experiment
        self.problem = problem
        super().__init__(f"{experiment}: {problem}")
