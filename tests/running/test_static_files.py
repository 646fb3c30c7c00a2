from pathlib import Path

from django.contrib.staticfiles.storage import StaticFilesStorage as PlainStorage
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from ecomsite.static_files import StaticFilesStorage


def test_what_pages_ask_for_is_compressed_and_its_plain_copy_is_not(tmp_path: Path) -> None:
    FileSystemStorage(tmp_path).save("shop.css", ContentFile(b"a { color: red } " * 100))
    storage = StaticFilesStorage(location=str(tmp_path))

    done = list(storage.post_process({"shop.css": (PlainStorage(str(tmp_path)), "shop.css")}))

    assert not [problem for _, _, problem in done if isinstance(problem, Exception)]
    hashed = storage.hashed_files["shop.css"]
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"shop.css", hashed, f"{hashed}.br", f"{hashed}.gz", "staticfiles.json"}
