"""The dumb method that a sentiment model must beat: naive Bayes over single words or characters."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from support.algorithms.analyzers import Language, detect_language, units
from support.algorithms.sentiment import Sentiment, probability_of


class UnigramBayes:
    """Multinomial naive Bayes (Maron 1961) with add-one smoothing, one per language.

    It has no mixed answer, and its probabilities promise too much; it never serves a shop.
    """

    def __init__(self, texts: Sequence[str], positive: NDArray[np.bool_]) -> None:
        self._counts: dict[tuple[Language | None, bool], Counter[str]] = {}
        self._reviews: Counter[tuple[Language | None, bool]] = Counter()
        for text, side in zip(texts, positive.tolist(), strict=True):
            language = detect_language(text)
            self._reviews[language, side] += 1
            if language is not None:
                words = self._counts.setdefault((language, side), Counter())
                words.update(unit.text for unit in units(text, language))
        # What a word that neither side has more of adds: the sides differ in length.
        self._per_word = {
            language: self._length_ratio(language) for language in {key[0] for key in self._counts}
        }

    def _length_ratio(self, language: Language | None) -> float:
        good, bad = self._counts.get((language, True)), self._counts.get((language, False))
        n_words = len((good or Counter()) | (bad or Counter())) + 1
        lengths = [0 if words is None else words.total() for words in (bad, good)]
        return math.log((lengths[0] + n_words) / (lengths[1] + n_words))

    def predict(self, texts: Iterable[str]) -> list[Sentiment]:
        return [self._predict_one(text) for text in texts]

    def _predict_one(self, text: str) -> Sentiment:
        language = detect_language(text)
        logit = math.log((self._reviews[language, True] + 1) / (self._reviews[language, False] + 1))
        if language is not None and language in self._per_word:
            good = self._counts.get((language, True), Counter())
            bad = self._counts.get((language, False), Counter())
            for unit in units(text, language):
                logit += math.log((good[unit.text] + 1) / (bad[unit.text] + 1))
                logit += self._per_word[language]
        probability = probability_of(logit)
        is_positive = probability > 0.5
        return Sentiment(
            label="positive" if is_positive else "negative",
            probability=probability,
            confidence=max(probability, 1.0 - probability),
            leans_positive=is_positive,
            language=language,
            known_share=1.0,
        )
