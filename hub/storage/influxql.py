"""InfluxQL text. Every name and value that comes from elsewhere goes through `identifier` or `text`."""

_ESCAPES = {"\\": r"\\", "\n": r"\n"}


def identifier(name: str) -> str:
    """A database, measurement, field or tag name."""
    return _quote(name, '"')


def text(value: str) -> str:
    """A string value."""
    return _quote(value, "'")


def create_database(name: str, retention_days: int) -> str:
    """What makes a database of InfluxDB 1.x; 0 days keep for ever."""
    limit = f" WITH DURATION {retention_days}d" if retention_days else ""
    return f"CREATE DATABASE {identifier(name)}{limit}"


def _quote(value: str, mark: str) -> str:
    escapes = str.maketrans({**_ESCAPES, mark: f"\\{mark}"})
    return f"{mark}{value.translate(escapes)}{mark}"
