"""Files of portals in a folder, and handed in at a hub."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.decisions.dialects import Dialects
from sensors.dialects.n42 import N42
from sensors.errors import ConfigError
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.rtsp.authentication import Credentials
from sensors.secrets import parse_secrets
from simulators.foreign.filing import MAX_WAITING, Folder, Uploader
from simulators.foreign.n42_document import Document
from simulators.settings import SimulatorSettings
from tests.hub.standing_hub import PASSWORD, standing_hub
from tests.support.brokers import free_port
from tests.support.n42_documents import occupancy
from tests.support.waiting import eventually_async

_KEY = DeviceKey(SiteId("kordai"), DeviceId("portal-1"))


def _document(number: int) -> Document:
    started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30 - number)
    return Document(f"file-{number}.n42", occupancy(uuid=f"uuid-{number}", started_at=started_at))


@asynccontextmanager
async def _running(uploader: Uploader) -> AsyncIterator[Uploader]:
    task = asyncio.create_task(uploader.run())
    try:
        yield uploader
    finally:
        task.cancel()
        await asyncio.wait({task})


def test_a_folder_keeps_the_newest_and_never_half_a_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new" / "files", most=3)
    for number in range(5):
        folder.take(_KEY, _document(number))
    kept = sorted((tmp_path / "new" / "files").iterdir())
    assert [path.name for path in kept] == ["file-2.n42", "file-3.n42", "file-4.n42"]
    assert kept[0].read_bytes().endswith(b"</RadInstrumentData>\n")


def test_a_folder_that_cannot_be_written_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    folder = Folder(tmp_path / "file" / "below")
    folder.take(_KEY, _document(1))
    assert folder.failed_total == 1


async def test_files_are_handed_in_and_what_is_no_file_is_refused_once(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, dialects=Dialects((N42(),))) as hub:
        async with _running(Uploader(hub.url, Credentials("technician", PASSWORD))) as uploader:
            for number in range(2):
                uploader.take(_KEY, _document(number))
            uploader.take(_KEY, Document("bad.n42", b"<nothing/>"))
            uploader.take(_KEY, _document(3))
            await eventually_async(lambda: uploader.uploaded_total == 3, what="the files")
        assert (uploader.refused_total, uploader.dropped_total) == (1, 0)
        assert _KEY in {view.key for view in await hub.facade.devices()}


@pytest.mark.parametrize("credentials", [None, Credentials("technician", "wrong")])
async def test_without_an_account_files_wait_within_bounds(tmp_path: Path, credentials: Credentials | None) -> None:
    async with (
        standing_hub(tmp_path, dialects=Dialects((N42(),))) as hub,
        _running(Uploader(hub.url, credentials)) as uploader,
    ):
        for number in range(MAX_WAITING + 2):
            uploader.take(_KEY, _document(number))
        await asyncio.sleep(0)
        assert (uploader.uploaded_total, uploader.dropped_total) == (0, 2)


async def test_a_hub_that_comes_late_gets_all_of_them(tmp_path: Path) -> None:
    port = free_port()
    async with _running(Uploader(f"http://127.0.0.1:{port}", Credentials("technician", PASSWORD))) as uploader:
        uploader.take(_KEY, _document(1))
        async with standing_hub(tmp_path, dialects=Dialects((N42(),)), port=port):
            await eventually_async(lambda: uploader.uploaded_total == 1, what="the file")


def test_the_address_of_a_hub_is_checked_and_its_account_is_a_secret() -> None:
    assert SimulatorSettings(hub="http://hub.local:8460/").hub_url == "http://hub.local:8460"
    with pytest.raises(ConfigError, match=r"\[simulators\] hub"):
        _ = SimulatorSettings(hub="http://me:secret@hub.local").hub_url
    secrets = parse_secrets(b'[hub]\nuser = "portals"\npassword = "hush"\n', os.environ, "secrets.toml")
    assert secrets.hub == Credentials("portals", "hush")
    assert "hush" not in repr(secrets)
