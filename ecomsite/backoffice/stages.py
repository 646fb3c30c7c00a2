"""What a nightly run did, for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecomsite.backoffice.models import NightlyRun
from learning import registry
from learning.errors import UnknownPipelineError
from learning.staff_pages import figure
from learning.wording import code_name


@dataclass(frozen=True, slots=True)
class StageRow:
    name: str
    result: str
    seconds: str
    error: str


def read_stages(run: NightlyRun) -> Sequence[StageRow]:
    return [
        StageRow(
            name=_stage_name(stage["stage"]),
            result=", ".join(
                f"{code_name(code)}: {_counted(code, value)}"
                for code, value in stage.get("counts", {}).items()
                if value not in ("", None)
            ),
            seconds=figure(round(stage.get("seconds", 0.0), 1)),
            error=stage.get("error", ""),
        )
        for stage in run.stages
    ]


def _stage_name(code: str) -> str:
    """ "retrain inventory.demand" -> "retrain: Demand per SKU and day"."""
    verb, _space, pipeline = code.partition(" ")
    if not pipeline:
        return code_name(code)
    try:
        title = str(registry.get(pipeline).title)
    except UnknownPipelineError:
        title = pipeline
    return f"{code_name(verb)}: {title}"


def _counted(code: str, value: object) -> str:
    # The outcome of a training is a code; a message is a sentence.
    return code_name(str(value)) if code == "outcome" else figure(value)
