"""Several ingest processes before one broker: each takes in the messages of some sites, so that order is kept.

All are one group of shared subscriptions, but each site's filter has one member: a broker deals the messages of a
filter out among its members one by one, which would break the order of a device. What no partition names, and what a
broker keeps for newcomers (shared subscriptions are not given that), the hub takes in itself.
"""

from collections.abc import Sequence
from itertools import chain

from hub.config import IngestSettings
from hub.ingest.connection import SHARED, Terms
from sensors.dialects.dialect import Filter
from sensors.errors import ConfigError
from sensors.model import SiteId
from sensors.topics import EVERYTHING, PREFIX, WALLS, Leaf, site_filter

GROUP = "shekara-ingest"


def covered(settings: IngestSettings) -> frozenset[SiteId]:
    """The sites that ingest processes take in.

    Raises:
        ConfigError: a site is named twice, or is the walls' own.
    """
    sites = [SiteId(site) for site in chain.from_iterable(settings.partitions)]
    for site in sites:
        if sites.count(site) > 1 or site == WALLS:
            raise ConfigError(
                f"site {site} cannot be in it" if site == WALLS else f"site {site} is in it twice",
                subject="[ingest] partitions",
                mend="Name each post's site once; walls belong to the hub",
            )
    return frozenset(sites)


def partition_terms(settings: IngestSettings, partition: int) -> Terms:
    """What the ingest process of this number, from 1, asks of the broker.

    Raises:
        ConfigError: there is no such partition.
    """
    if not 1 <= partition <= len(settings.partitions):
        raise ConfigError(
            f"there is no partition {partition}",
            subject="[ingest] partitions",
            mend=f"It has {len(settings.partitions)}; the first is 1",
        )
    sites = settings.partitions[partition - 1]
    return Terms(tuple(Filter(f"{SHARED}{GROUP}/{site_filter(SiteId(site))}") for site in sites))


def hub_filters(settings: IngestSettings) -> Sequence[Filter]:
    """What the hub itself subscribes to in the native dialect.

    Beside partitions: its walls, and who there is and whether it is there, which a broker keeps for newcomers.
    """
    if not settings.partitions:
        return (Filter(EVERYTHING),)
    kept = (f"{PREFIX}/+/+/{leaf}" for leaf in (Leaf.BIRTH, Leaf.STATE))
    return (Filter(site_filter(WALLS)), *(Filter(each) for each in kept))
