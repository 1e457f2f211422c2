"""The lines of a scenario's posts: one to the broker and one to the cameras of each, which share the post's link.

What is measured goes first, as a post's router has it; pictures get what a narrow link has left.
"""

from typing import NamedTuple

from sensors.clock import Clock
from sensors.model import SiteId
from simulators.cameras.server import CameraServer
from simulators.faults.line import Line
from simulators.faults.link import Link
from simulators.faults.passage import Lane
from simulators.scenario.form import Scenario
from simulators.scenario.streams import hosts_of, picture_ports


class PostLine(NamedTuple):
    """A post's. `telemetry` leads to the broker, `pictures` to its cameras."""

    telemetry: Line
    pictures: Line


async def open_lines(
    scenario: Scenario, clock: Clock, broker: tuple[str, int], cameras: CameraServer, rtsp_port: int
) -> dict[str, PostLine]:
    """The lines of all posts that have some, listening; from now on the cameras are reached through them.

    Raises:
        UnavailableError: one cannot listen.
    """
    ports, hosts = picture_ports(scenario, rtsp_port), hosts_of(scenario)
    lines = {site: _line(site, clock, broker, (hosts[site], cameras.port), port) for site, port in ports.items()}
    for site, line in lines.items():
        await line.telemetry.start()
        await line.pictures.start()
        cameras.ways[SiteId(site)] = line.pictures
    return lines


def _line(site: str, clock: Clock, broker: tuple[str, int], cameras: tuple[str, int], port: int) -> PostLine:
    """Telemetry's clients are at the post, and pictures' at the centre: what comes from the one goes to the other."""
    link, to_centre, to_post = Link(), Lane(), Lane()
    telemetry = Line(link, clock, broker, seed=site, lanes=(Lane(to_centre), Lane(to_post)))
    lanes = (to_post, to_centre)
    return PostLine(telemetry, Line(link, clock, cameras, cameras[0], f"{site}/pictures", lanes, port))
