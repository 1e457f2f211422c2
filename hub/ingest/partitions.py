"""Several ingest processes before one broker: each takes in the messages of some sites, so that order is kept.

All are one group of shared subscriptions, but each site's filter has one member: a broker deals the messages of a
filter out among its members one by one, which would break the order of a device. What no partition names, and what a
broker keeps for newcomers (shared subscriptions are not given that), the hub takes in itself.
"""

import re
from collections.abc import Sequence
from itertools import chain

from hub.config import IngestSettings
from hub.ingest.connection import SHARED, Terms
from sensors.dialects.dialect import Filter
from sensors.errors import ConfigError
from sensors.model import ID_PATTERN, SiteId
from sensors.topics import EVERYTHING, PREFIX, RESERVED, Leaf, site_filter

GROUP = "shekara-ingest"


def covered(settings: IngestSettings) -> frozenset[SiteId]:
    """The sites that ingest processes take in.

    Raises:
        ConfigError: a site is named twice, is none, or is the walls' own.
    """
    sites = [SiteId(site) for site in chain.from_iterable(settings.lists)]
    for site in sites:
        if (wrong := _wrong(site, sites)) is not None:
            raise ConfigError(
                f"site {site!r} {wrong}",
                subject="[ingest] partitions",
                mend="Name each post's site once; walls belong to the hub",
            )
    return frozenset(sites)


def _wrong(site: SiteId, sites: Sequence[SiteId]) -> str | None:
    if re.match(ID_PATTERN, site) is None:
        return "is no id"
    if site in RESERVED:
        return "cannot be in it"
    return "is in it twice" if sites.count(site) > 1 else None


def partition_terms(settings: IngestSettings, partition: int) -> Terms:
    """What the ingest process of this number, from 1, asks of the broker.

    Raises:
        ConfigError: there is no such partition.
    """
    if not 1 <= partition <= len(settings.lists):
        raise ConfigError(
            f"there is no partition {partition}",
            subject="[ingest] partitions",
            mend=f"It has {len(settings.lists)}; the first is 1",
        )
    sites = settings.lists[partition - 1]
    return Terms(tuple(Filter(f"{SHARED}{GROUP}/{site_filter(SiteId(site))}") for site in sites))


def hub_filters(settings: IngestSettings) -> Sequence[Filter]:
    """What the hub itself subscribes to in the native dialect.

    Beside partitions: its walls, simulators, and who there is and whether it is there, as a broker keeps for newcomers.
    """
    if not settings.lists:
        return (Filter(EVERYTHING),)
    kept = (f"{PREFIX}/+/+/{leaf}" for leaf in (Leaf.BIRTH, Leaf.STATE))
    return (*(Filter(site_filter(site)) for site in sorted(RESERVED)), *(Filter(each) for each in kept))
