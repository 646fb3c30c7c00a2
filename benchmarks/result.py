"""What every benchmark answers, and what it says about the machine."""

import os
import platform
import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

CALIBRATION_STEPS = 2_000_000


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """Figures of the product beside those of the baselines, from one run.

    figures: by name, units in the name ("cpu_seconds", "wape_28").
    baselines: the same figures by name of the method.
    setup: data, splits, seeds, and what `describe_machine` says.
    """

    benchmark: str
    figures: Mapping[str, Any]
    baselines: Mapping[str, Mapping[str, Any]]
    setup: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        answer = asdict(self)
        answer["setup"] = {**self.setup, **describe_machine()}
        return answer


class CpuTimer:
    """CPU seconds of this process between entering and leaving."""

    seconds: float = 0.0


@contextmanager
def cpu_seconds() -> Iterator[CpuTimer]:
    timer = CpuTimer()
    start = time.process_time()
    try:
        yield timer
    finally:
        timer.seconds = time.process_time() - start


def peak_memory_mb() -> float:
    """The largest resident size of this process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def own_peak_memory_mb() -> float:
    """The same without what the process that started this one held then (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(int(next(line for line in lines if "VmHWM" in line).split()[1]) / 1024, 1)


def describe_machine() -> dict[str, Any]:
    """Versions, cores, and how long a fixed loop takes here, to compare machines by."""
    with cpu_seconds() as loop:
        total = 0
        for step in range(CALIBRATION_STEPS):
            total += step
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "calibration_ms": round(1000 * loop.seconds),
        "peak_memory_mb": peak_memory_mb(),
    }
