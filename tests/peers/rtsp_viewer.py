"""A viewer that nobody here wrote: `aiortsp`, run by its own interpreter.

    rtsp_viewer.py URL PACKETS REPORTS

The scheme `rtsp` means UDP, `rtspt` TCP. It watches until it has that many packets and sender reports, then says in
one JSON object what it saw; when it is refused, the status.
"""

import asyncio
import json
import sys
from urllib.parse import unquote, urlparse

from aiortsp.rtcp.parser import RTCP, SR
from aiortsp.rtsp.connection import RTSPConnection
from aiortsp.rtsp.errors import RTSPResponseError
from aiortsp.rtsp.session import RTSPMediaSession
from aiortsp.transport import RTPTransportClient, transport_for_scheme
from dpkt.rtp import RTP


class Viewer(RTPTransportClient):  # type: ignore[misc]  # aiortsp shows no types
    def __init__(self, packets: int, reports: int) -> None:
        self.wanted = (packets, reports)
        self.packets_total = 0
        self.reports: list[tuple[int, int]] = []
        self.done = asyncio.Event()

    def handle_rtp(self, rtp: RTP) -> None:
        del rtp
        self.packets_total += 1
        self._look()

    def handle_rtcp(self, rtcp: RTCP) -> None:
        self.reports += [(packet.ntp, packet.ts) for packet in rtcp.packets if isinstance(packet, SR)]
        self._look()

    def _look(self) -> None:
        if self.packets_total >= self.wanted[0] and len(self.reports) >= self.wanted[1]:
            self.done.set()


async def watch(url: str, wanted: int, reports: int) -> dict[str, object]:
    parts = urlparse(url)
    viewer = Viewer(wanted, reports)
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    async with (
        RTSPConnection(parts.hostname, parts.port, user, password, timeout=10) as connection,
        transport_for_scheme(parts.scheme)(connection, timeout=20) as transport,
    ):
        transport.subscribe(viewer)
        async with RTSPMediaSession(connection, url, transport=transport) as session:
            await session.play()
            await asyncio.wait_for(viewer.done.wait(), 30)
            await session.keep_alive()
            stats = transport.stats
            stats.update_lost_expected()
            return {
                "status": 200,
                "packets": viewer.packets_total,
                "lost": stats.lost,
                "timeout_s": session.session_keepalive,
                "reports": viewer.reports,
            }


try:
    seen = asyncio.run(watch(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
except RTSPResponseError as error:
    seen = {"status": error.response.status if error.response else 0}
sys.stdout.write(json.dumps(seen) + "\n")
