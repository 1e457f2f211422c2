"""The device catalogue's entries: what each kind of border equipment measures, and when that needs a human."""
