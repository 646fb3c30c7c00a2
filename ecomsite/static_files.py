"""Static files under names that tell their content, compressed once when they are gathered."""

from collections.abc import Iterable
from typing import Any

import brotli
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Level 11, the default, takes ten times as long for files that are a tenth smaller, and the
# first start of a shop waits for it.
BROTLI_QUALITY = 6


class QuickCompressor(Compressor):  # type: ignore[misc]  # whitenoise has no types
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        compressed: bytes = brotli.compress(data, quality=BROTLI_QUALITY)
        return compressed


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # the same
    def create_compressor(self, **options: Any) -> Compressor:
        return QuickCompressor(**options)

    def compress_files(self, paths: Iterable[str]) -> Any:
        """Compress what pages ask for: the names with a hash, not the plain copies beside them."""
        return super().compress_files(sorted(set(paths) & set(self.hashed_files.values())))
