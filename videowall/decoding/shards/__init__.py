"""Decoding in child processes, so that what a camera sends can end none but a child."""
