"""How active versions do in the field."""

from datetime import date

from learning import registry, serving
from learning.models import DriftReport, ModelVersion


def monitor(name: str, *, as_of: date) -> DriftReport | None:
    """Measure the active version against what it promised; None when nothing can be said.

    Measuring twice on a day replaces the first report.
    """
    active = ModelVersion.objects.of(name).active().first()
    if active is None:
        return None
    served = serving.load(name)
    if served.version is None:
        return None
    pipeline = registry.get(name).load_pipeline()
    measured = pipeline.monitor(version=served.version, model=served.model, as_of=as_of)
    if measured is None:
        return None
    report, _created = DriftReport.objects.update_or_create(
        version=served.version,
        measured_on=as_of,
        defaults={
            "status": measured.status,
            "inputs": dict(measured.inputs),
            "promised": dict(measured.promised),
            "live": dict(measured.live),
            "rows": measured.rows,
            "message": measured.message,
        },
    )
    return report
