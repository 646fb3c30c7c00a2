"""A migrated SQLite file that runs of the tests share: making one costs 20 CPU seconds."""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class SharedDatabase:
    database: Path
    """The file that the tests of this process write to."""
    shared: Path

    @classmethod
    def of(cls, database: Path, folder: Path) -> "SharedDatabase":
        """Named after every migration and the locked packages: a change makes a new file."""
        digest = hashlib.sha256()
        for path in [*sorted(ROOT.glob("[!.]*/**/migrations/*.py")), ROOT / "requirements.txt"]:
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
        return cls(database, folder / f"{digest.hexdigest()[:24]}.sqlite3")

    def take(self) -> None:
        if self.shared.exists():
            shutil.copyfile(self.shared, self.database)

    def give(self) -> None:
        """Keep a copy of the freshly migrated database for the next run, where none is kept."""
        if self.shared.exists():
            return
        for outdated in self.shared.parent.glob("*.sqlite3"):
            outdated.unlink(missing_ok=True)
        unfinished = self.shared.with_suffix(f".{os.getpid()}")
        with (
            closing(sqlite3.connect(self.database)) as source,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
        # At once or not at all: other processes may look for it meanwhile.
        unfinished.replace(self.shared)
