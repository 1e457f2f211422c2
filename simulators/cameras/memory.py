"""Giving memory back: glibc keeps what drawing and encoding have used, several times what all clips need."""

import ctypes


def give_back() -> None:
    """Return to the system what is free; nothing where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
