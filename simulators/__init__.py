"""Border posts that do not exist: their sensors, cameras and troubles, speaking the real protocols."""
