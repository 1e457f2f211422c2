"""A crowd of sensors from one process: much said for little processor, and what it cost said too."""
