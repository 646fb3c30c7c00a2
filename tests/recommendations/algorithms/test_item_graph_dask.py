"""The item graph added up by other processes: the same as in one, also when one of them dies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed")

from recommendations.algorithms.histories import held_matrix
from recommendations.algorithms.item_graph_dask import (
    connected,
    fit_graph_on,
    write_partitions,
)
from recommendations.algorithms.neighbours import Edges, NeighbourSettings
from recommendations.algorithms.neighbours_training import fit_graph
from tests.recommendations.algorithms.test_neighbours import make_themes

SETTINGS = NeighbourSettings(neighbours=15)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with connected() as client:
        yield client


def assert_same(found: Edges, expected: Edges) -> None:
    np.testing.assert_array_equal(found.starts, expected.starts)
    for row in range(len(expected.starts) - 1):
        span = slice(expected.starts[row], expected.starts[row + 1])
        theirs, ours = np.argsort(found.targets[span]), np.argsort(expected.targets[span])
        np.testing.assert_array_equal(found.targets[span][theirs], expected.targets[span][ours])
        np.testing.assert_allclose(
            found.values[span][theirs], expected.values[span][ours], rtol=0.0, atol=1e-9
        )


def test_two_processes_find_the_neighbours_that_one_finds(client: Any, tmp_path: Path) -> None:
    held = held_matrix(make_themes(n_people=300))
    paths = write_partitions(held, tmp_path, people_per_file=70)
    assert len(paths) == 5
    found = fit_graph_on(client, paths, SETTINGS, n_products=60, rows_per_block=16)
    assert len(client.scheduler_info()["workers"]) == 2
    assert_same(found, fit_graph(held, SETTINGS))


def test_a_worker_that_is_killed_half_way_changes_nothing(client: Any, tmp_path: Path) -> None:
    held = held_matrix(make_themes(n_people=300))
    paths = write_partitions(held, tmp_path, people_per_file=70)
    killed: list[int] = []

    def kill_once(start: int) -> None:
        if not killed:
            killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    found = fit_graph_on(
        client, paths, SETTINGS, n_products=60, rows_per_block=4, on_block=kill_once
    )
    assert killed
    assert_same(found, fit_graph(held, SETTINGS))


def test_nobody_and_nothing_make_an_empty_graph(client: Any, tmp_path: Path) -> None:
    held = held_matrix(make_themes(n_people=1))[:0]
    paths = write_partitions(held, tmp_path)
    found = fit_graph_on(client, paths, SETTINGS, n_products=60)
    assert_same(found, fit_graph(held, SETTINGS))
    assert len(found.targets) == 0
