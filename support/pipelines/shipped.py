"""The file that came with the program, checked by its hash: where every training starts from."""

import hashlib
import json

from django.utils.translation import gettext as _

from learning import registry
from learning.errors import DamagedArtefactError


def read_shipped(pipeline: str) -> bytes:
    """Raises DamagedArtefactError where it is missing or altered."""
    folder = registry.get(pipeline).shipped
    if folder is None or not (folder / "manifest.json").is_file():
        raise DamagedArtefactError(pipeline, reason=_("it is missing"))
    manifest = json.loads((folder / "manifest.json").read_text())
    data: bytes = (folder / manifest["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise DamagedArtefactError(pipeline, reason=_("its hash is another"))
    return data
