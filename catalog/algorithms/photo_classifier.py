"""What is on a photo: a linear head on the backbone's vector, with a map of where it looked."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from catalog.algorithms.backbone import MAP_SIDE, N_FEATURES, FloatArray, PhotoFeatures
from learning.algorithms.explanation import Direction, Explanation, Factor

N_SHOWN = 3


@dataclass(frozen=True)
class PhotoGuess:
    """Labels from most to least likely with their probabilities, and whether to believe them.

    is_sure: confident enough to be right at the promised precision, on a photo of a kind the
        head has seen; otherwise a person is asked.
    is_familiar: the photo looks like something among the training photos.
    heat_map: pull of each cell of the 7 x 7 grid towards the first label, in logits; its mean
        plus the intercept is the label's logit.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    is_sure: bool
    is_familiar: bool
    familiarity: float
    heat_map: FloatArray

    @property
    def label(self) -> str:
        return self.labels[0]

    @property
    def confidence(self) -> float:
        return self.probabilities[0]


@dataclass(frozen=True, eq=False)
class PhotoClassifier:
    """logits = embedding @ weights.T + intercept, probabilities = softmax(logits / temperature).

    weights (n_labels, 1280), intercept (n_labels,): in the embedding's own units.
    mean, scale (1280,): how training standardised; a retrain keeps them.
    centroids (n_labels, 1280): mean direction of each label's training photos, unit length.
    threshold: least confidence at which a label counts as sure.
    familiarity_floor: least cosine to the nearest centroid at which a photo counts as familiar.
    distance_quantiles (101,): of 1 - that cosine over the training photos, for drift.
    backbone_sha256: the backbone whose vectors these weights belong to.
    """

    labels: tuple[str, ...]
    weights: FloatArray
    intercept: FloatArray
    mean: FloatArray
    scale: FloatArray
    centroids: FloatArray
    temperature: float
    threshold: float
    familiarity_floor: float
    distance_quantiles: FloatArray
    backbone_sha256: str
    notes: dict[str, Any] = field(default_factory=dict)

    format: ClassVar[str] = "npz"

    def logits(self, embeddings: FloatArray) -> FloatArray:
        """(n, 1280) -> (n, n_labels)."""
        logits: FloatArray = embeddings @ self.weights.T + self.intercept
        return logits

    def predict_proba(self, embeddings: FloatArray) -> npt.NDArray[np.float64]:
        """(n, 1280) -> (n, n_labels), rows sum to one."""
        return softmax(self.logits(embeddings) / self.temperature)

    def familiarity(self, embeddings: FloatArray) -> FloatArray:
        """Cosine to the nearest label's centroid, shape (n,), in -1..1."""
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        cosines = (embeddings / np.maximum(lengths, 1e-12)) @ self.centroids.T
        nearest: FloatArray = cosines.max(axis=1)
        return nearest

    def class_map(self, feature_map: FloatArray, label: str) -> FloatArray:
        """(1280, 7, 7) -> (7, 7): each cell's share of the label's logit, without intercept.

        Zhou et al. (2016), "Learning Deep Features for Discriminative Localization". Exact here,
        because the head is linear in the mean over the cells.
        """
        row = self.weights[self.labels.index(label)]
        cells: FloatArray = np.tensordot(row, feature_map, axes=1).astype(np.float32)
        return cells

    def predict(self, features: PhotoFeatures) -> PhotoGuess:
        embedding = features.embedding[None]
        probabilities = self.predict_proba(embedding)[0]
        order = np.argsort(-probabilities, kind="stable")
        familiarity = float(self.familiarity(embedding)[0])
        is_familiar = familiarity >= self.familiarity_floor
        first = self.labels[int(order[0])]
        return PhotoGuess(
            labels=tuple(self.labels[int(i)] for i in order),
            probabilities=tuple(float(probabilities[int(i)]) for i in order),
            is_sure=is_familiar and float(probabilities[order[0]]) >= self.threshold,
            is_familiar=is_familiar,
            familiarity=familiarity,
            heat_map=self.class_map(features.feature_map, first),
        )

    def explain(self, guess: PhotoGuess) -> Explanation:
        """The likeliest labels as factors, and what decided whether to ask a person."""
        return Explanation(
            factors=[
                Factor(
                    name=label,
                    value=round(probability, 4),
                    direction=Direction.UP if place == 0 else Direction.DOWN,
                    weight=round(probability, 4),
                )
                for place, (label, probability) in enumerate(
                    zip(guess.labels[:N_SHOWN], guess.probabilities[:N_SHOWN], strict=True)
                )
            ],
            unit="share",
            facts={
                "is_sure": guess.is_sure,
                "is_familiar": guess.is_familiar,
                "threshold": round(self.threshold, 4),
                "familiarity": round(guess.familiarity, 4),
                "familiarity_floor": round(self.familiarity_floor, 4),
            },
        )

    def to_bytes(self) -> bytes:
        header = {
            "labels": list(self.labels),
            "temperature": self.temperature,
            "threshold": self.threshold,
            "familiarity_floor": self.familiarity_floor,
            "backbone_sha256": self.backbone_sha256,
            "notes": self.notes,
        }
        target = io.BytesIO()
        np.savez_compressed(
            target,
            header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            weights=self.weights.astype(np.float32),
            intercept=self.intercept.astype(np.float32),
            mean=self.mean.astype(np.float32),
            scale=self.scale.astype(np.float32),
            centroids=self.centroids.astype(np.float16),
            distance_quantiles=self.distance_quantiles.astype(np.float32),
        )
        return target.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ValueError when the file is not a head of this form."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                header = json.loads(arrays["header"].tobytes())
                model = cls(
                    labels=tuple(header["labels"]),
                    weights=arrays["weights"],
                    intercept=arrays["intercept"],
                    mean=arrays["mean"],
                    scale=arrays["scale"],
                    centroids=arrays["centroids"].astype(np.float32),
                    temperature=float(header["temperature"]),
                    threshold=float(header["threshold"]),
                    familiarity_floor=float(header["familiarity_floor"]),
                    distance_quantiles=arrays["distance_quantiles"],
                    backbone_sha256=str(header["backbone_sha256"]),
                    notes=dict(header["notes"]),
                )
        except (KeyError, OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"not a photo head: {error}") from error
        n_labels = len(model.labels)
        if model.weights.shape != (n_labels, N_FEATURES) or model.intercept.shape != (n_labels,):
            raise ValueError(f"{n_labels} labels, but weights of shape {model.weights.shape}")
        if not (np.isfinite(model.weights).all() and np.isfinite(model.intercept).all()):
            raise ValueError("weights are not finite")
        return model


class NoPhotoClassifier:
    """Answers until a version is published: it knows no labels and is never sure."""

    format: ClassVar[str] = "npz"
    labels: tuple[str, ...] = ()
    backbone_sha256 = ""

    def predict(self, features: PhotoFeatures) -> PhotoGuess:
        return PhotoGuess(
            labels=("",),
            probabilities=(0.0,),
            is_sure=False,
            is_familiar=False,
            familiarity=0.0,
            heat_map=np.zeros((MAP_SIDE, MAP_SIDE), dtype=np.float32),
        )

    def explain(self, guess: PhotoGuess) -> Explanation:
        return Explanation(factors=[], facts={"is_sure": False, "is_familiar": False})


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    shares: npt.NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return shares


def rank_of_truth(
    probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.intp]
) -> npt.NDArray[Any]:
    """0 where the right label is the likeliest, 1 where it is the runner-up, and so on."""
    right = probabilities[np.arange(len(truth)), truth]
    ranks: npt.NDArray[Any] = (probabilities > right[:, None]).sum(axis=1)
    return ranks
