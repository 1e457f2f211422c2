"""What Debian's FFmpeg, a program of other people, makes of what a wall sends."""

import json
import subprocess
from pathlib import Path
from typing import Any


def probe(address: str | Path, *options: str, within_s: float = 20) -> dict[str, Any]:
    """The streams and the format of a file or address, its frames counted; fails when ffprobe finds fault."""
    command = ("ffprobe", "-v", "error", *options, "-count_frames", "-show_streams", "-show_format", "-of", "json")
    done = subprocess.run((*command, str(address)), capture_output=True, timeout=within_s, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    found["errors"] = done.stderr.decode()
    return found


def video(found: dict[str, Any]) -> dict[str, Any]:
    """The one video stream of a probe."""
    (stream,) = found["streams"]
    assert stream["codec_type"] == "video"
    return dict(stream)


def receiving(address: str, frames: int, *options: str) -> subprocess.Popen[bytes]:
    """An ffmpeg that reads an address until it has decoded so many frames; exit code 0 when it has them all, clean."""
    command = ("ffmpeg", "-nostdin", "-v", "error", "-xerror", *options, "-i", address, "-frames:v", str(frames))
    return subprocess.Popen((*command, "-f", "null", "-"), stderr=subprocess.PIPE)
