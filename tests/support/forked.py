"""`shekara` commands in processes of their own that are quick to start: what they need is loaded once, then forked.

A test of what a command says and does runs it so; how it starts from nothing is the business of a few others.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_LOADED_ONCE = [
    "hub.main",
    "hub.command",
    "hub.api.app",
    "hub.api.server",
    "hub.storage.forwarder",
    "influxdb_client",
    "hub.commands.account",
    "hub.commands.dead_letters",
    "hub.commands.export",
]


def fork_shekara(
    folder: Path, environ: Mapping[str, str], *arguments: str, streams: tuple[Path, Path, Path], name: str
) -> ForkServerProcess:
    """`shekara` with these arguments, begun; its three standard streams are files."""
    _CONTEXT.set_forkserver_preload(_LOADED_ONCE)
    process = _CONTEXT.Process(target=_become, args=(folder, dict(environ), arguments, streams), name=name)
    process.start()
    return process


def run_shekara(
    folder: Path, *arguments: str, environ: Mapping[str, str] | None = None, given: str = "", within_s: float = 60.0
) -> "subprocess.CompletedProcess[str]":
    """One command that is expected to end by itself, in a folder, with an environment, given a text."""
    with tempfile.TemporaryDirectory() as scratch:
        into, out, err = streams = Path(scratch) / "in", Path(scratch) / "out", Path(scratch) / "err"
        into.write_text(given)
        process = fork_shekara(folder, environ or os.environ, *arguments, streams=streams, name="shekara")
        process.join(within_s)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join(60)
            raise subprocess.TimeoutExpired(arguments, within_s)
        process.close()
        return subprocess.CompletedProcess(arguments, code, out.read_text(), err.read_text())


def _become(
    folder: Path, environ: Mapping[str, str], arguments: tuple[str, ...], streams: tuple[Path, Path, Path]
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, _WRITE, _WRITE), strict=True)):
        os.dup2(os.open(path, flags, 0o600), number)
    # What a forked process finds in their place is closed, or the parent's.
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.argv = ["shekara", *arguments]
    from hub.command import main  # noqa: PLC0415 - the command is loaded in its own process only

    main()


_WRITE = os.O_WRONLY | os.O_CREAT | os.O_APPEND
