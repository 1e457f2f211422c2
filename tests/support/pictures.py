"""`make pictures`: the README's pictures, taken from the running whole while an intrusion is played."""

import asyncio
import sys
import tempfile
from pathlib import Path

import httpx

from hub.client import HubClient
from sensors.clock import SystemClock
from tests.support.console import open_console
from tests.support.system import System, running_system
from tests.support.waiting import eventually_async

FOLDER = Path("docs/pictures")


async def take(folder: Path) -> None:
    """Write wall.jpg and console.svg into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        async with running_system(Path(scratch)) as system:
            await system.settle()
            await system.command("kordai", "intrusion")
            await eventually_async(lambda: any(tile.spot for tile in system.witness.tiles))
            await eventually_async(
                lambda: any(tile.spot and tile.stream_role == "main" for tile in system.witness.tiles), within_s=20
            )
            (folder / "wall.jpg").write_bytes(await _still(system))
            client = HubClient(system.stage.installation.hub_url, system.client.token)
            await eventually_async(lambda: len(system.watch.alarms) >= 2, what="both alarms")
            async with open_console(client, SystemClock(), size=(120, 30)) as console:
                await console.see("Кордай", "не принята", within_s=10)
                (folder / "console.svg").write_text(console.app.export_screenshot(), encoding="utf-8")
            await client.close()


async def _still(system: System) -> bytes:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {system.client.token}"}) as http:
        answer = await http.get(f"{system.stage.installation.wall_url}/wall/main.jpg")
        answer.raise_for_status()
        return answer.content


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
