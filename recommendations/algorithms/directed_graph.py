"""Fits a graph of steps: from what was taken up to what was taken up after it."""

import numpy as np
from scipy import sparse

from recommendations.algorithms.histories import Sequences
from recommendations.algorithms.item_graph_training import Matrix, largest_of_rows, power_of
from recommendations.algorithms.neighbours import Edges

# Steps that are added up at once: 160 MB of them, whatever the history.
STEPS_AT_ONCE = 8_000_000


def directed_edges(
    sequences: Sequences,
    *,
    source_exponent: float,
    length_exponent: float,
    target_exponent: float,
    backward: float = 0.4,
    reach: float = 1.0,
    furthest: int,
    neighbours: int,
) -> Edges:
    """The largest `neighbours` of each row of `steps_between`, times d_i^-a and d_j^-c.

    d: how many sequences hold the product; a, c: source_exponent and target_exponent.
    """
    degrees = np.bincount(sequences.products, minlength=sequences.n_products).astype(np.float64)
    steps = steps_between(
        sequences,
        length_exponent=length_exponent,
        backward=backward,
        reach=reach,
        furthest=furthest,
    )
    steps.data *= np.repeat(power_of(degrees, -source_exponent), np.diff(steps.indptr))
    steps.data *= power_of(degrees, -target_exponent)[steps.indices]
    kept = largest_of_rows(steps, neighbours)
    return Edges(
        starts=kept.indptr.astype(np.int64),
        targets=kept.indices.astype(np.int32),
        values=kept.data.astype(np.float32),
    )


def steps_between(
    sequences: Sequences,
    *,
    length_exponent: float,
    backward: float,
    reach: float,
    furthest: int,
) -> Matrix:
    """Sum over sequences and pairs k steps apart of L^-b k^-reach, `backward` of it the other way.

    furthest: the largest k, so that a robot's visit of 50,000 stays cheap.
    Sparse, shape (n_products, n_products), diagonal 0.
    """
    size = (sequences.n_products, sequences.n_products)
    lengths = sequences.lengths
    owner = np.repeat(np.arange(len(lengths)), lengths)
    weight = power_of(lengths.astype(np.float64), -length_exponent)[owner].astype(np.float32)
    places = sequences.products.astype(np.int32)
    total = sparse.csr_matrix(size, dtype=np.float32)
    rows, columns, values, waiting = [], [], [], 0
    last = min(furthest, int(lengths.max(initial=1)) - 1)
    for distance in range(1, last + 1):
        same = np.flatnonzero(owner[distance:] == owner[:-distance])
        rows.append(places[same])
        columns.append(places[same + distance])
        values.append(weight[same] * np.float32(distance**-reach))
        waiting += len(same)
        if waiting > STEPS_AT_ONCE or distance == last:
            found = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
            total = total + sparse.csr_matrix(found, shape=size)
            rows, columns, values, waiting = [], [], [], 0
    if backward > 0.0:
        total = total + np.float32(backward) * total.T.tocsr()
    total = total.tocsr()
    total.data[np.repeat(np.arange(size[0]), np.diff(total.indptr)) == total.indices] = 0.0
    total.eliminate_zeros()
    return total
