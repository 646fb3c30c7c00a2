from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage as PlainStorage
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.http import HttpResponse
from django.test import RequestFactory
from whitenoise.middleware import WhiteNoiseMiddleware

from ecomsite.static_files import StaticFilesStorage


def test_what_pages_ask_for_is_compressed_and_its_plain_copy_is_not(tmp_path: Path) -> None:
    FileSystemStorage(tmp_path).save("shop.css", ContentFile(b"a { color: red } " * 100))
    storage = StaticFilesStorage(location=str(tmp_path))

    done = list(storage.post_process({"shop.css": (PlainStorage(str(tmp_path)), "shop.css")}))

    assert not [problem for _, _, problem in done if isinstance(problem, Exception)]
    hashed = storage.hashed_files["shop.css"]
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"shop.css", hashed, f"{hashed}.br", f"{hashed}.gz", "staticfiles.json"}


@pytest.mark.parametrize("packed", ["gzip", "br"])
def test_what_is_named_by_its_content_is_kept_for_good_and_sent_compressed(
    tmp_path: Path, settings: Any, packed: str
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "ecomsite.static_files.StaticFilesStorage"},
    }
    FileSystemStorage(tmp_path).save("shop.css", ContentFile(b"a { color: red } " * 100))
    storage: Any = storages["staticfiles"]
    list(storage.post_process({"shop.css": (PlainStorage(str(tmp_path)), "shop.css")}))
    server = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))

    def ask(path: str) -> Any:
        return server(RequestFactory().get(path, headers={"Accept-Encoding": packed}))

    hashed, plain = ask(storage.url("shop.css")), ask("/static/shop.css")
    assert hashed.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert hashed.headers["Content-Encoding"] == packed
    assert int(hashed.headers["Content-Length"]) < 200
    assert "immutable" not in plain.headers["Cache-Control"]
