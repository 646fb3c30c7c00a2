"""Files of trained models: written whole, checked by hash before every load."""

import hashlib
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from learning.errors import DamagedArtefactError
from learning.models import ModelVersion


@dataclass(frozen=True, slots=True)
class StoredFile:
    name: str
    sha256: str
    size_bytes: int


def _storage() -> Storage:
    return storages["models"]


def store(*, pipeline: str, data: bytes, file_format: str) -> StoredFile:
    """Write a model file under a new name and read it back before anybody refers to it.

    A run that dies in the middle leaves a file that no row knows.
    """
    name = _storage().save(f"{pipeline}/{uuid4().hex}.{file_format}", ContentFile(data))
    digest = hashlib.sha256(data).hexdigest()
    with _storage().open(name) as stored:
        if hashlib.sha256(stored.read()).hexdigest() != digest:
            raise DamagedArtefactError(name, reason="it did not reach the disk whole")
    return StoredFile(name=name, sha256=digest, size_bytes=len(data))


def read(version: ModelVersion) -> bytes:
    """The bytes of a version's file. Raises DamagedArtefactError when they are not the ones."""
    try:
        with _storage().open(version.file) as stored:
            # One byte more than promised is enough to know that the file is not ours.
            data: bytes = stored.read(version.size_bytes + 1)
    except OSError as error:
        raise DamagedArtefactError(str(version), reason="it cannot be read") from error
    if hashlib.sha256(data).hexdigest() != version.sha256:
        raise DamagedArtefactError(str(version), reason="its hash is another")
    return data


def read_mapped(version: ModelVersion) -> bytes | mmap:
    """The same, shared by all processes that ask: nothing is copied but what is looked at.

    The bytes are hashed and mapped through one open file. A stored file is never written again, so
    what was checked is what is read later. Files that do not lie on a disk are read as `read` does.
    Raises DamagedArtefactError.
    """
    try:
        path = _storage().path(version.file)
    except NotImplementedError:
        return read(version)
    try:
        with open(path, "rb") as stored:
            # Hashed in pieces rather than through the map, whose pages would count as ours.
            if hashlib.file_digest(stored, "sha256").hexdigest() != version.sha256:
                raise DamagedArtefactError(str(version), reason="its hash is another")
            return mmap(stored.fileno(), version.size_bytes, access=ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DamagedArtefactError(str(version), reason="it cannot be read") from error
