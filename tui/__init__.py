"""The terminal console: a client of the hub like any other."""
