"""The canvas as H.264, once for each size that is watched, and the fan-out to whoever watches."""
