"""Pixels: capture, quality, compose, encode, serve. A wall is a node of its own, with its own process."""
