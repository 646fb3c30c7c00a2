"""The item graph of `neighbours_training`, summed up by several processes or machines.

What people have lies in parquet files, each person in one of them. A task adds up the rows of S of
one block of products over one file; those of a block are added in the order of the files, so that
the graph does not depend on who was quicker. Tasks keep nothing: what a worker that dies had done
is done again by another.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
from distributed import Client, Future, LocalCluster, as_completed
from scipy import sparse

from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.neighbours import Edges, NeighbourSettings
from recommendations.algorithms.neighbours_training import (
    degrees_of,
    edges_of,
    scaled_sides,
    strongest,
)
from recommendations.algorithms.shopping_log import FloatArray

ROWS_PER_BLOCK = 2_000
PEOPLE_PER_FILE = 50_000


@contextmanager
def connected(address: str | None = None) -> Iterator[Client]:
    """The scheduler of an address, or two processes on this machine, gone with the context."""
    if address is not None:
        with Client(address) as client:
            yield client
        return
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def write_partitions(
    held: Matrix, folder: Path, *, people_per_file: int = PEOPLE_PER_FILE
) -> list[Path]:
    """One parquet file for so many people: columns person, product and weight."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, start in enumerate(range(0, max(held.shape[0], 1), people_per_file)):
        part = held[start : start + people_per_file].tocoo()
        columns = {
            "person": part.row.astype(np.int32),
            "product": part.col.astype(np.int32),
            "weight": part.data.astype(np.float32),
        }
        path = folder / f"held-{number:05d}.parquet"
        parquet.write_table(arrow.table(columns), path)
        paths.append(path)
    return paths


def fit_graph_on(
    client: Client,
    paths: Sequence[Path],
    settings: NeighbourSettings,
    *,
    n_products: int,
    rows_per_block: int = ROWS_PER_BLOCK,
    on_block: Callable[[int], None] | None = None,
) -> Edges:
    """The same edges as `fit_graph` of everything in the files.

    paths: readable by every worker. on_block: told the first product of each block that is done.
    """
    files = [str(path) for path in paths]
    counted = client.map(_degrees, files, n_products=n_products, pure=False)
    # A task too, and not sent from here: it can be told again when who knew it has died.
    degrees = client.submit(_added, counted, pure=False)
    start_of: dict[Future, int] = {}
    for start in range(0, n_products, rows_per_block):
        sums = client.map(
            _rows,
            files,
            start=start,
            stop=min(start + rows_per_block, n_products),
            settings=settings,
            degrees=degrees,
            pure=False,
        )
        block = client.submit(_strongest, sums, start, settings.neighbours, pure=False)
        start_of[block] = start
    blocks: dict[int, Matrix] = {}
    for future in as_completed(start_of):
        start = start_of.pop(future)
        blocks[start] = future.result()
        if on_block is not None:
            on_block(start)
    return edges_of(blocks[start] for start in sorted(blocks))


def _held(path: str, n_products: int) -> Matrix:
    table = parquet.read_table(path)
    person, product, weight = (table[name].to_numpy() for name in ("person", "product", "weight"))
    n_people = int(person.max()) + 1 if len(person) else 0
    return sparse.csr_matrix(
        (weight.astype(np.float64), (person, product)), shape=(n_people, n_products)
    )


def _degrees(path: str, *, n_products: int) -> FloatArray:
    return degrees_of(_held(path, n_products))


def _rows(
    path: str, *, start: int, stop: int, settings: NeighbourSettings, degrees: FloatArray
) -> Matrix:
    scaled, damped = scaled_sides(_held(path, len(degrees)), settings, degrees=degrees)
    return (scaled[start:stop] @ damped).tocsr()


def _strongest(sums: Sequence[Any], start: int, limit: int) -> Matrix:
    return strongest(_added(sums), start, limit)


def _added(parts: Sequence[Any]) -> Any:
    return sum(parts[1:], start=parts[0])
