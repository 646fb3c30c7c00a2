"""Where item graphs are fitted: in the training worker, or by the processes of `DASK_SCHEDULER`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.neighbours import Edges, NeighbourSettings
from recommendations.algorithms.neighbours_training import GraphOf, fit_graph

LOCAL = "local"


@contextmanager
def graph_fitter() -> Iterator[GraphOf]:
    """Fits graphs while the context lasts.

    Raises ImproperlyConfigured where a scheduler is named and Dask is not installed, and OSError
    for one that does not answer: the training run fails with its words, what is served stays.
    """
    if not settings.DASK_SCHEDULER:
        yield fit_graph
        return
    if find_spec("distributed") is None or find_spec("pyarrow") is None:
        raise ImproperlyConfigured(
            "DASK_SCHEDULER is set, but Dask is not installed: install requirements-dask.txt."
        )
    # Of requirements that most shops do without.
    from recommendations.algorithms import item_graph_dask  # noqa: PLC0415

    address = None if settings.DASK_SCHEDULER == LOCAL else settings.DASK_SCHEDULER
    with item_graph_dask.connected(address) as client:

        def fit(held: Matrix, chosen: NeighbourSettings) -> Edges:
            settings.DASK_FOLDER.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix="held-", dir=settings.DASK_FOLDER) as folder:
                paths = item_graph_dask.write_partitions(held, Path(folder))
                return item_graph_dask.fit_graph_on(client, paths, chosen, n_products=held.shape[1])

        yield fit
