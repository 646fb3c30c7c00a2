"""What each person took up, in order: the histories that recommenders are asked with."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog


@dataclass(frozen=True)
class Sequences:
    """What each person took up, oldest first: those of u lie at starts[u]:starts[u + 1].

    products: places, shape (n_steps,).
    """

    products: IntArray
    starts: IntArray
    n_products: int

    @property
    def lengths(self) -> IntArray:
        return np.diff(self.starts)

    def without_last(self) -> "Sequences":
        """Every sequence without its last product."""
        keep = np.ones(len(self.products), dtype=np.bool_)
        keep[self.starts[1:][self.lengths > 0] - 1] = False
        counts = np.maximum(self.lengths - 1, 0)
        return Sequences(
            products=self.products[keep],
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            n_products=self.n_products,
        )

    def last(self) -> IntArray:
        """The last product of each sequence, -1 of an empty one."""
        ends = np.maximum(self.starts[1:] - 1, 0)
        if not len(self.products):
            return np.full(len(ends), -1, dtype=np.int64)
        return np.where(self.lengths > 0, self.products[ends], -1)

    def of(self, rows: IntArray) -> "Sequences":
        keep = np.zeros(len(self.starts) - 1, dtype=np.bool_)
        keep[rows] = True
        return Sequences(
            products=self.products[np.repeat(keep, self.lengths)],
            starts=np.concatenate([[0], np.cumsum(self.lengths[keep])]).astype(np.int64),
            n_products=self.n_products,
        )


def sequences_of(log: ShoppingLog, *, people: IntArray | None = None) -> Sequences:
    """Each customer's products in the order of days and, within one, of the log.

    Of a product taken up several times the last time counts. people: whose sequences, rising;
    everybody's by default.
    """
    order = np.lexsort((np.arange(len(log)), log.day, log.customer))
    customer, product = log.customer[order], log.product[order]
    pairs = customer * max(log.n_products, 1) + product
    _, from_end = np.unique(pairs[::-1], return_index=True)
    newest = np.sort(len(pairs) - 1 - from_end)
    customer, product = customer[newest], product[newest]
    everybody = np.unique(customer) if people is None else people
    keep = np.isin(customer, everybody)
    counts = np.bincount(np.searchsorted(everybody, customer[keep]), minlength=len(everybody))
    return Sequences(
        products=product[keep],
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        n_products=log.n_products,
    )


def faded_histories(sequences: Sequences, fading: float) -> Matrix:
    """What each product of a history counts, sparse, shape (n_people, n_products)."""
    lengths = sequences.lengths
    owner = np.repeat(np.arange(len(lengths)), lengths)
    back = sequences.starts[1:][owner] - 1 - np.arange(len(owner))
    return sparse.csr_matrix(
        (fading ** back.astype(np.float64), (owner, sequences.products)),
        shape=(len(lengths), sequences.n_products),
    )


def held_matrix(sequences: Sequences) -> Matrix:
    """1 for everything in a sequence, sparse, shape (n_people, n_products)."""
    return faded_histories(sequences, 1.0)


@dataclass(frozen=True)
class HeldOut:
    """early: everybody's sequences, those of `people` without their last part.

    late: what that part held, sparse 0/1, shape (len(people), n_products). people: rows, rising.
    """

    early: Sequences
    people: IntArray
    late: Matrix


def hold_out_ends(
    sequences: Sequences, *, share: float, most: int | None = None, seed: int = 0
) -> HeldOut:
    """Hold out the end of the sequences of some people, one product of each at least.

    share: of each sequence, in (0, 1). most: so many people, drawn by chance; all by default. Who
    has one product alone is not asked.
    """
    lengths = sequences.lengths
    people = np.flatnonzero(lengths > 1)
    if most is not None and len(people) > most:
        people = np.sort(np.random.default_rng(seed).choice(people, most, replace=False))
    held = np.zeros(len(lengths), dtype=np.int64)
    held[people] = np.clip(np.round(lengths[people] * share), 1, lengths[people] - 1)
    kept = lengths - held
    owner = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(owner)) - sequences.starts[:-1][owner]
    early = place < kept[owner]
    late = sparse.csr_matrix(
        (
            np.ones(int((~early).sum())),
            (np.searchsorted(people, owner[~early]), sequences.products[~early]),
        ),
        shape=(len(people), sequences.n_products),
    )
    starts = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return HeldOut(Sequences(sequences.products[early], starts, sequences.n_products), people, late)
