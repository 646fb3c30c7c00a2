"""The photo backbone at serving time: pixels in, a vector and a feature map out."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]

IMAGE_SIDE = 224
N_FEATURES = 1280
MAP_SIDE = 7
ARTEFACT = Path(__file__).parents[1] / "artefacts" / "efficientnet_lite0_int8.onnx"


class DamagedBackboneError(Exception):
    """The model file is not the one that its manifest names."""

    def __init__(self, path: Path, *, expected: str, found: str) -> None:
        super().__init__(f"{path.name}: sha256 is {found[:12]}, the manifest says {expected[:12]}")
        self.path, self.expected, self.found = path, expected, found


@dataclass(frozen=True)
class PhotoFeatures:
    """`embedding` (1280,) is the mean of `feature_map` (1280, 7, 7) over its cells."""

    embedding: FloatArray
    feature_map: FloatArray


def to_input(photo: Image.Image) -> FloatArray:
    """RGB photo -> (1, 3, 224, 224), 0..255; squashed, because every figure was taken so."""
    small = photo.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    pixels = np.asarray(small, dtype=np.float32).transpose(2, 0, 1)
    return np.ascontiguousarray(pixels[None])


class Backbone:
    """One ONNX session; make it in the process that uses it, after any fork."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sha256 = _checked_sha256(path)
        self._session: Any = _open_session(path)

    def features(self, photo: Image.Image) -> PhotoFeatures:
        # Pooled here and not in the graph, whose int8 pooling rounds once more: the heat map is
        # exact only if the vector is the mean of the map it is drawn from.
        feature_map = self._session.run(["fmap"], {"pixels": to_input(photo)})[0][0]
        return PhotoFeatures(
            embedding=feature_map.mean(axis=(1, 2), dtype=np.float32), feature_map=feature_map
        )


@lru_cache(maxsize=2)
def load_backbone(path: Path = ARTEFACT) -> Backbone:
    """One session per process and file."""
    return Backbone(path)


def _checked_sha256(path: Path) -> str:
    expected = str(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["sha256"])
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise DamagedBackboneError(path, expected=expected, found=found)
    return found


def _open_session(path: Path) -> Any:
    # onnxruntime costs 20 MB and a tenth of a second: only a process that looks at photos pays.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(path), sess_options=options, providers=["CPUExecutionProvider"]
    )
