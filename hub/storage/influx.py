"""Writes to an InfluxDB, one confirmed request at a time, and says plainly what the server made of it.

influxdb-client in its synchronous mode: the batching mode loses data. Works with every server that has
`/api/v2/write`: InfluxDB 1.8, 2 and 3 Core, VictoriaMetrics.
"""

from collections.abc import Mapping, Sequence

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from hub.config import InfluxSettings
from sensors.errors import UnavailableError, WireError

_REFUSES_LINES = frozenset({400, 413, 422})
"""Statuses that speak of what was sent; every other one speaks of the server or its settings."""
_LONGEST_WAIT_S = 300.0
_REASON_LETTERS = 300


class BusyError(UnavailableError):
    """The server does not take anything now. `retry_after_s` is its own wish, 0 when it has none."""

    def __init__(self, what: str, *, subject: str, mend: str, retry_after_s: float = 0.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(what, subject=subject, mend=mend)


class InfluxWriter:
    """One server, one bucket."""

    def __init__(self, settings: InfluxSettings, token: str) -> None:
        self._settings = settings
        self._client = InfluxDBClient(
            settings.url.rstrip("/"),
            token=token,
            org=settings.org,
            timeout=round(settings.timeout_s * 1000),
            enable_gzip=True,
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        """Write lines; on return the server has confirmed them.

        Raises:
            WireError: the server refuses what these lines say, or how many they are.
            BusyError: it does not answer, is overloaded, or refuses us altogether.
        """
        body = "\n".join(lines).encode()
        try:
            self._writer.write(self._settings.bucket, self._settings.org, body)
        except ApiException as error:
            raise self._explain(error) from error
        except (HTTPError, OSError) as error:
            raise BusyError(
                f"does not answer: {type(error).__name__}",
                subject=self._settings.url,
                mend="Readings wait in the local store",
            ) from error

    def close(self) -> None:
        """Let its connections go."""
        self._client.close()  # type: ignore[no-untyped-call] # the library's own gap

    def _explain(self, error: ApiException) -> WireError | BusyError:
        reason = " ".join(str(error.body or error.reason or "").split())[:_REASON_LETTERS]
        if error.status in _REFUSES_LINES:
            return WireError(reason or f"status {error.status}", subject=self._settings.url)
        mend = {401: "Check the influx token in the secrets", 403: "Check the influx token in the secrets"}.get(
            error.status, "Check [influx] org and bucket" if error.status == 404 else "Readings wait in the local store"
        )
        return BusyError(
            f"answers with status {error.status}: {reason}",
            subject=self._settings.url,
            mend=mend,
            retry_after_s=_retry_after_s(error),
        )


def _retry_after_s(error: ApiException) -> float:
    headers: Mapping[str, str] = error.headers or {}
    text = headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_S) if text.isascii() and text.isdigit() else 0.0
