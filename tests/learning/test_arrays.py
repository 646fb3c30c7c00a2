"""Arrays that processes share: what was written is read, from memory that is only looked at."""

import mmap
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import storages

from learning import artefacts
from learning.algorithms.arrays import pack, unpack
from learning.errors import DamagedArtefactError
from learning.models import ModelVersion
from tests.factories import make_model_version


def test_arrays_of_any_shape_come_back_with_what_was_said_of_them() -> None:
    given: dict[str, np.ndarray] = {
        "ids": np.arange(7, dtype=np.int64),
        "scores": np.array([[0.5, 1.5], [2.5, 3.5]], dtype=np.float32),
        "none": np.zeros((0, 3), dtype=np.int32),
        "marks": np.array([True, False]),
    }
    found = unpack(pack(given, {"tries": 3}))
    assert found.described == {"tries": 3}
    for name, array in given.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)


def test_every_array_starts_where_numpy_reads_fastest() -> None:
    found = unpack(pack({"a": np.ones(3, dtype=np.int8), "b": np.ones(5)}, {}))
    assert found.arrays["b"].flags.aligned
    assert not found.arrays["b"].flags.writeable


def test_the_same_arrays_give_the_same_bytes() -> None:
    one = pack({"a": np.arange(5), "b": np.ones(2)}, {"x": 1, "y": 2})
    other = pack({"a": np.arange(5), "b": np.ones(2)}, {"y": 2, "x": 1})
    assert one == other


def test_objects_are_refused_both_ways() -> None:
    with pytest.raises(ValueError, match="plain numbers"):
        pack({"a": np.array([{}], dtype=object)}, {})
    forged = pack({"a": np.arange(2)}, {}).replace(b"<i8", b"|O8")
    with pytest.raises(ValueError, match="plain numbers"):
        unpack(forged)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"arrays01" + b"\xff" * 8])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a file|longer than"):
        unpack(data)


@pytest.mark.django_db
def test_a_version_is_mapped_and_not_copied() -> None:
    version = _stored(pack({"a": np.arange(1000)}, {}))
    data = artefacts.read_mapped(version)
    assert isinstance(data, mmap.mmap)
    np.testing.assert_array_equal(unpack(data).arrays["a"], np.arange(1000))


@pytest.mark.django_db
def test_a_mapped_version_that_is_not_what_was_stored_is_refused() -> None:
    version = _stored(pack({"a": np.arange(1000)}, {}))
    path = Path(storages["models"].path(version.file))
    path.write_bytes(path.read_bytes()[:-1] + b"\x07")
    with pytest.raises(DamagedArtefactError, match="hash"):
        artefacts.read_mapped(version)
    path.unlink()
    with pytest.raises(DamagedArtefactError, match="cannot be read"):
        artefacts.read_mapped(version)


def _stored(data: bytes) -> ModelVersion:
    stored = artefacts.store(pipeline="toys.arrays", data=data, file_format="arrays")
    version: ModelVersion = make_model_version(
        pipeline="toys.arrays",
        file=stored.name,
        format="arrays",
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
    )
    return version
