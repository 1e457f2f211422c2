"""The last seconds of each camera in memory, and what is saved of them."""
