"""Whether a review praises or complains: served with numpy, exactly explainable.

A linear model over TF-IDF weights of n-grams, one per language, calibrated so that of the reviews
given .8 about 80 in 100 are positive. There are two classes and an abstention: neither training
set holds an honest "neutral", so what lies between the two cuts is called mixed and left to staff.
"""

import io
import itertools
import json
import math
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from support.algorithms.analyzers import (
    LANGUAGES,
    Language,
    Token,
    analyse,
    detect_language,
    title_length,
    tokens,
    units,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

Label = Literal["negative", "mixed", "positive"]

# Words that carry less than this share of the strongest one are not worth marking.
MARKED_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the probability of "positive" becomes a word.

    Below `negative` a review is negative, above `positive` positive, between them mixed.
    forced: the one cut for a caller that must have one of two answers, best for macro F1.
    """

    negative: float
    positive: float
    forced: float = 0.5

    def label(self, probability: float) -> Label:
        if probability < self.negative:
            return "negative"
        return "positive" if probability > self.positive else "mixed"


@dataclass(frozen=True, slots=True)
class Sentiment:
    """What the model says of one review.

    probability: of "positive". confidence: that the label is right; for a mixed review, that of
    the likelier side. known_share: part of its n-grams that the model has seen in training.
    """

    label: Label
    probability: float
    confidence: float
    leans_positive: bool
    language: Language | None
    known_share: float


@dataclass(frozen=True, slots=True)
class Span:
    """A marked part of the text, `text[start:end]`, and what it adds to the logit."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """An n-gram of the review, how often it occurs and what it adds to the logit."""

    term: str
    count: int
    weight: float


@dataclass(frozen=True, slots=True)
class SentimentExplanation:
    """Why: `bias + sum(contributions)` is the logit, and so is `bias + sum(spans) + rest`.

    contributions: strongest first. spans: in the order of the text, only what is worth marking.
    """

    language: Language | None
    logit: float
    bias: float
    contributions: Sequence[Contribution]
    spans: Sequence[Span]
    rest: float


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The linear model of one language.

    terms: n-grams, shape (n_terms,). idf: inverse document frequencies, shape (n_terms,).
    coefficients: what a weight of one adds to the logit, shape (n_terms,).
    documents: reviews that the idf was counted over.
    """

    language: Language
    terms: tuple[str, ...]
    idf: FloatArray
    coefficients: FloatArray
    bias: float
    cuts: Cuts
    documents: int

    def __post_init__(self) -> None:
        shape = (len(self.terms),)
        if self.idf.shape != shape or self.coefficients.shape != shape:
            raise ValueError("terms, idf and coefficients differ in length")
        if len(set(self.terms)) != len(self.terms):
            raise ValueError("a term occurs twice")
        if not (np.isfinite(self.idf).all() and np.isfinite(self.coefficients).all()):
            raise ValueError("a weight is not a number")


class SentimentScorer:
    """Scores texts of one language with its term weights."""

    def __init__(self, weights: TermWeights) -> None:
        self.weights = weights
        self._index = {term: place for place, term in enumerate(weights.terms)}

    def known(self, text: str) -> tuple[IntArray, FloatArray, float]:
        """Places of the known n-grams, what each adds to the logit, and the known share.

        N-grams weigh (1 + ln count) * idf, scaled to length 1 (Salton and Buckley, 1988).
        """
        grams = analyse(text, self.weights.language)
        counts: Counter[int | None] = Counter(map(self._index.get, grams))
        unknown = counts.pop(None, 0)
        n_known = len(counts)
        if not n_known:
            return np.zeros(0, dtype=np.intp), np.zeros(0), 0.0
        places = np.fromiter(counts, np.intp, n_known)
        values = self.weights.idf[places] * (
            1.0 + np.log(np.fromiter(counts.values(), np.float64, n_known))
        )
        values *= self.weights.coefficients[places] / math.sqrt(values @ values)
        return places, values, 1.0 - unknown / len(grams)

    def logit(self, text: str) -> tuple[float, float]:
        """The logit of "positive" and the known share of the text's n-grams."""
        _places, weights, known_share = self.known(text)
        return self.weights.bias + float(weights.sum()), known_share

    def explain(self, text: str) -> SentimentExplanation:
        """Exact contributions; each occurrence of an n-gram takes an equal part of its weight."""
        places, weights, _known_share = self.known(text)
        weight_of = dict(zip(places.tolist(), weights.tolist(), strict=True))
        found = [
            (token, place)
            for token in tokens(text, self.weights.language)
            if (place := self._index.get(token.text)) is not None
        ]
        counts = Counter(place for _token, place in found)
        contributions = sorted(
            (
                Contribution(self.weights.terms[place], counts[place], weight)
                for place, weight in weight_of.items()
            ),
            key=lambda contribution: (-abs(contribution.weight), contribution.term),
        )
        parts = units(text, self.weights.language)
        part_at = {part.start: number for number, part in enumerate(parts)}
        part_weights = np.zeros(len(parts))
        for token, place in found:
            first = part_at[token.start]
            last = first
            while parts[last].end < token.end:
                last += 1
            share = weight_of[place] / counts[place]
            part_weights[first : last + 1] += share / (last - first + 1)
        strongest = float(np.abs(part_weights).max(initial=0.0))
        title_end = title_length(text)
        n_title = sum(part.end <= title_end for part in parts)
        spans = merge_spans(parts[:n_title], part_weights[:n_title], strongest)
        spans += merge_spans(parts[n_title:], part_weights[n_title:], strongest)
        return SentimentExplanation(
            language=self.weights.language,
            logit=self.weights.bias + float(weights.sum()),
            bias=self.weights.bias,
            contributions=contributions,
            spans=spans,
            rest=float(part_weights.sum()) - sum(span.weight for span in spans),
        )


def merge_spans(parts: Sequence[Token], weights: FloatArray, strongest: float) -> list[Span]:
    """Neighbouring words or characters of one direction and of some strength, as spans.

    weights: what each part adds to the logit, shape (n_parts,). strongest: the largest of the whole
    review, which the title may hold. Returns no span where nothing contributes.
    """
    if strongest == 0.0 or not parts:
        return []
    sides = np.where(np.abs(weights) >= MARKED_SHARE * strongest, np.sign(weights), 0.0)
    edges = (np.flatnonzero(np.diff(sides)) + 1).tolist()
    return [
        Span(parts[first].start, parts[last - 1].end, float(weights[first:last].sum()))
        for first, last in itertools.pairwise([0, *edges, len(parts)])
        if sides[first]
    ]


def probability_of(logit: float) -> float:
    """The logistic function, without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    grown = math.exp(logit)
    return grown / (1.0 + grown)


class SentimentModel:
    """The model that is served: one scorer per language, chosen by the script of the text.

    apart: file of the same model learned without the newest reviews, or nothing. A later candidate
        is compared with that one, as the served model has learned what both are measured on.
    """

    format: ClassVar[str] = "npz"

    def __init__(self, weights: Iterable[TermWeights], *, apart: bytes = b"") -> None:
        self._apart = apart
        self.scorers: Mapping[Language, SentimentScorer] = {
            part.language: SentimentScorer(part) for part in weights
        }

    def scorer_for(self, text: str) -> SentimentScorer | None:
        language = detect_language(text)
        return None if language is None else self.scorers.get(language)

    def predict_one(self, text: str) -> Sentiment:
        """What one review says. Nothing known in it, or no language: mixed, with no confidence."""
        scorer = self.scorer_for(text)
        if scorer is None:
            return Sentiment("mixed", 0.5, 0.0, False, None, 0.0)
        logit, known_share = scorer.logit(text)
        if known_share == 0.0:
            return Sentiment("mixed", 0.5, 0.0, False, scorer.weights.language, 0.0)
        probability = probability_of(logit)
        cuts = scorer.weights.cuts
        return Sentiment(
            label=cuts.label(probability),
            probability=probability,
            # The mixed band lies around .5, so a decided review is always on its likelier side.
            confidence=max(probability, 1.0 - probability),
            leans_positive=probability > cuts.forced,
            language=scorer.weights.language,
            known_share=known_share,
        )

    def predict(self, texts: Iterable[str]) -> list[Sentiment]:
        return [self.predict_one(text) for text in texts]

    def explain(self, text: str) -> SentimentExplanation:
        scorer = self.scorer_for(text)
        if scorer is None:
            return SentimentExplanation(None, 0.0, 0.0, (), (), 0.0)
        return scorer.explain(text)

    def for_measuring(self) -> "SentimentModel":
        """The model that has not learned the newest reviews; this one where there is no other."""
        return SentimentModel.from_bytes(self._apart) if self._apart else self

    def to_bytes(self) -> bytes:
        """A NumPy archive of numbers and UTF-8 bytes; equal models give equal bytes."""
        arrays: dict[str, NDArray[np.generic]] = {}
        header = []
        for language in LANGUAGES:
            if language not in self.scorers:
                continue
            part = self.scorers[language].weights
            header.append(
                {
                    "language": language,
                    "bias": part.bias,
                    "cuts": asdict(part.cuts),
                    "documents": part.documents,
                }
            )
            # Folding leaves no line feed in an n-gram, so it can part them.
            arrays[f"{language}_terms"] = _bytes_array("\n".join(part.terms).encode())
            arrays[f"{language}_idf"] = part.idf.astype(np.float32)
            arrays[f"{language}_coefficients"] = part.coefficients.astype(np.float32)
        arrays["apart"] = _bytes_array(self._apart)
        arrays["header"] = _bytes_array(json.dumps(header, sort_keys=True).encode())
        buffer = io.BytesIO()
        # The stubs take the keywords for the option `allow_pickle`.
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ValueError for what `to_bytes` did not write."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as archive:
                header = json.loads(archive["header"].tobytes())
                return cls(
                    [_weights_from(part, archive) for part in header],
                    apart=archive["apart"].tobytes(),
                )
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
            raise ValueError("not a model of review sentiment") from error


class NoSentimentModel(SentimentModel):
    """What answers before any version is published: every review is left to staff."""

    def __init__(self) -> None:
        super().__init__(())


def _bytes_array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, dtype=np.uint8)


def _weights_from(
    part: Mapping[str, object], archive: Mapping[str, NDArray[np.generic]]
) -> TermWeights:
    language = part["language"]
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}")
    written = archive[f"{language}_terms"].tobytes().decode()
    cuts = part["cuts"]
    if not isinstance(cuts, dict):
        raise TypeError("cuts")
    return TermWeights(
        language=language,
        terms=tuple(written.split("\n")) if written else (),
        idf=archive[f"{language}_idf"].astype(np.float64),
        coefficients=archive[f"{language}_coefficients"].astype(np.float64),
        bias=float(str(part["bias"])),
        cuts=Cuts(**cuts),
        documents=int(str(part["documents"])),
    )
