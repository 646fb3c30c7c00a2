"""Starting and stopping experiments, and making an arm's settings those of the placement."""

import math
from datetime import timedelta
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from insights.models import Interaction
from learning.decisions import record_decision
from learning.models import Decision
from recommendations.algorithms.sequential import visitors_needed
from recommendations.errors import ExperimentStepError, PlacementSettingsError
from recommendations.models import Experiment, ExperimentArm, PlacementCode
from recommendations.services import placement_settings
from recommendations.services.experiments import renew_running

# What is planned with where the placement has no past.
PLANNED_WITHOUT_PAST: Final = 5000
LEAST_PLANNED: Final = 400
MOST_PLANNED: Final = 50_000_000
MOST_ARMS: Final = 5
PAST: Final = timedelta(days=28)
# Rows of pages that are kept for all visitors of an arm: nothing of one visitor can be in them.
KEPT_FOR_ALL: Final = frozenset(
    {PlacementCode.SIMILAR, PlacementCode.GOES_WITH, PlacementCode.TRENDING}
)
# Letters tell of no impressions, and lists of products not which arm put them in order.
UNTOLD: Final = frozenset({PlacementCode.EMAIL, PlacementCode.SEARCH, PlacementCode.CATEGORY})


def problems_of(experiment: Experiment) -> list[str]:
    """Why it cannot start; empty when it can."""
    arms = list(experiment.arms.all())
    problems = []
    if not 2 <= len(arms) <= MOST_ARMS:
        problems.append(_("It needs between two and %(most)d arms.") % {"most": MOST_ARMS})
    if sum(arm.is_control for arm in arms) != 1:
        problems.append(_("Exactly one arm has to be as today."))
    if experiment.method != Experiment.Method.AB and len(arms) != 2:
        problems.append(_("This method compares exactly two arms."))
    if experiment.method != Experiment.Method.AB and experiment.placement in KEPT_FOR_ALL:
        problems.append(
            _("Rows of this placement are kept for all visitors, so each has to meet one arm.")
        )
    if experiment.placement in UNTOLD:
        problems.append(
            _("What is seen there does not come back with its arm, so nothing can be compared.")
        )
    if experiment.placement not in placement_settings.DEFAULTS:
        problems.append(_("There is no placement “%(code)s”.") % {"code": experiment.placement})
    for arm in arms:
        if arm.is_control and arm.settings:
            problems.append(_("The arm that is as today cannot change settings."))
        try:
            placement_settings.checked(arm.settings)
        except PlacementSettingsError as error:
            problems.append(f"{arm.name}: {error}")
    spellings = [repr(sorted(arm.settings.items(), key=str)) for arm in arms]
    # A comparison of a placement with itself is allowed with two arms: it tests the measuring.
    if len(arms) > 2 and len(set(spellings)) < len(spellings):
        problems.append(_("Two arms have the same settings."))
    return problems


@transaction.atomic
def start(*, experiment: Experiment, user: AbstractBaseUser) -> Experiment:
    """Let visitors meet its arms from now on. Raises ExperimentStepError.

    How many visitors are planned is reckoned from the last four weeks of the placement, and stays:
    intervals that may be read every day need it in advance.
    """
    if problems := problems_of(experiment):
        raise ExperimentStepError(str(experiment), problem=" ".join(problems))
    planned = experiment.planned_visitors or plan_visitors(experiment)
    try:
        with transaction.atomic():
            started = Experiment.objects.filter(
                pk=experiment.pk, status=Experiment.Status.DRAFT
            ).update(
                status=Experiment.Status.RUNNING,
                started_at=timezone.now(),
                planned_visitors=planned,
            )
    except IntegrityError:
        raise ExperimentStepError(
            str(experiment), problem=_("Another experiment runs on this placement.")
        ) from None
    if not started:
        raise ExperimentStepError(str(experiment), problem=_("It has started already."))
    experiment.refresh_from_db()
    record_decision(
        action=Decision.Action.APPROVE,
        subject=experiment,
        user=user,
        done={
            "planned_visitors": planned,
            "arms": {arm.key: dict(arm.settings) for arm in experiment.arms.all()},
        },
    )
    renew_running()
    return experiment


@transaction.atomic
def stop(*, experiment: Experiment, user: AbstractBaseUser, reason: str = "") -> Experiment:
    """Show everybody the placement as it is. Raises ExperimentStepError.

    Visitors whose days that count are not over still come into the figures.
    """
    stopped = Experiment.objects.filter(pk=experiment.pk, status=Experiment.Status.RUNNING).update(
        status=Experiment.Status.STOPPED, stopped_at=timezone.now()
    )
    if not stopped:
        raise ExperimentStepError(str(experiment), problem=_("It is not running."))
    experiment.refresh_from_db()
    record_decision(action=Decision.Action.CLOSE, subject=experiment, user=user, reason=reason)
    renew_running()
    return experiment


@transaction.atomic
def adopt(*, arm: ExperimentArm, user: AbstractBaseUser, reason: str = "") -> Experiment:
    """Make an arm's settings the placement's own; a running experiment ends by it.

    Adopting the arm that is as today changes no setting and says that the others were refused.
    Raises ExperimentStepError and PlacementSettingsError.
    """
    experiment = arm.experiment
    decided = Experiment.objects.filter(
        pk=experiment.pk, status__in=[Experiment.Status.RUNNING, Experiment.Status.STOPPED]
    ).update(status=Experiment.Status.DECIDED, adopted=arm)
    if not decided:
        raise ExperimentStepError(
            str(experiment), problem=_("It has not run, or has been decided.")
        )
    Experiment.objects.filter(pk=experiment.pk, stopped_at=None).update(stopped_at=timezone.now())
    if arm.settings:
        placement_settings.apply_settings(
            code=experiment.placement,
            settings=arm.settings,
            user=user,
            reason=_("Experiment “%(title)s”: %(arm)s. %(reason)s")
            % {"title": experiment.title, "arm": arm.name, "reason": reason},
        )
    experiment.refresh_from_db()
    record_decision(
        action=Decision.Action.ACCEPT,
        subject=experiment,
        user=user,
        done={"arm": arm.key, "settings": dict(arm.settings)},
        reason=reason,
    )
    renew_running()
    return experiment


def plan_visitors(experiment: Experiment) -> int:
    """Visitors until a difference of the smallest size worth knowing shows in half of all cases."""
    arms = list(experiment.arms.all())
    total = sum(arm.share for arm in arms) or 1
    control = next((arm.share for arm in arms if arm.is_control), total / 2) / total
    smallest = min((arm.share for arm in arms if not arm.is_control), default=50) / total
    past = Interaction.objects.filter(
        placement=experiment.placement, occurred_at__gte=timezone.now() - PAST
    )
    seen = past.of_kinds(Interaction.Kind.IMPRESSION).values("visitor_key").distinct().count()
    kinds = {
        Experiment.Metric.CLICKED: Interaction.Kind.CLICK,
        Experiment.Metric.ADDED: Interaction.Kind.ADD_TO_CART,
    }
    kind = kinds.get(Experiment.Metric(experiment.metric), Interaction.Kind.PURCHASE)
    did = past.of_kinds(kind).values("visitor_key").distinct().count()
    if did < 10 or seen < 100:
        return PLANNED_WITHOUT_PAST
    rate = min(did / seen, 0.99)
    spread = rate * (1 - rate)
    if experiment.metric == Experiment.Metric.REVENUE:
        # Order values scatter too: as many again as the share of buyers alone, a usual figure.
        spread += rate
    needed = visitors_needed(
        mean=rate,
        variance=spread,
        effect=experiment.smallest_effect_percent / 100,
        alpha=experiment.error_percent / 100 / max(len(arms) - 1, 1),
        shares=(control, smallest),
    )
    return int(min(max(math.ceil(needed / (control + smallest)), LEAST_PLANNED), MOST_PLANNED))
