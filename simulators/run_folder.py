"""The folder of a run, as `shekara score` reads it: what was run, and the truth while it happens."""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import structs

from sensors.errors import ConfigError
from simulators.truth import TRUTH, Run, Truth, TruthWriter, write_run


class RunFolder:
    """Writes one run's `run.json` and `truth.jsonl`; what was there is replaced."""

    def __init__(self, path: Path, run: Run) -> None:
        self._path = path
        self._run = run
        try:
            path.mkdir(parents=True, exist_ok=True)
            write_run(path, run)
        except OSError as error:
            raise ConfigError(
                f"cannot be written: {error.strerror}", subject=str(path), mend="Name another folder"
            ) from error
        self._writer = TruthWriter.open(path / TRUTH)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()

    def write(self, record: Truth) -> None:
        """One truth more; see `RecordWriter.write`."""
        self._writer.write(record)

    def finish(self, until: datetime, sha256: str = "") -> None:
        """The run came to its end."""
        write_run(self._path, structs.replace(self._run, until=until, sha256=sha256))
