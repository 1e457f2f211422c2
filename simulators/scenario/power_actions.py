"""What can be made to happen to a post's power, and what people do about it."""

from typing import Annotated

from msgspec import Meta

from simulators.scenario.acts import Act, Seconds


class MainsFail(Act, tag="mains-fail", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mains of a post fails: the UPS takes over, then the generator starts."""

    duration_s: Seconds = 120.0


class MainsRestore(Act, tag="mains-restore", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mains is back before its time."""


class UpsAge(Act, tag="ups-age", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The battery holds this share of what it held when it was new; below 0.6 it collapses at 40 % of charge."""

    health: Annotated[float, Meta(ge=0.02, le=1)] = 0.4


class GeneratorRefuse(Act, tag="generator-refuse", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The generator does not start by itself, and stops if it runs."""

    duration_s: Seconds = 86_400.0


class GeneratorStart(Act, tag="generator-start", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody mends the generator and, if the mains is off, starts it by hand."""


class Refuel(Act, tag="refuel", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody fills the generator's tank."""


PowerAction = MainsFail | MainsRestore | UpsAge | GeneratorRefuse | GeneratorStart | Refuel
