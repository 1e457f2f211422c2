"""Whether a camera's picture can be used: faults of lens, sensor and mounting, seen on the decoded picture."""
