"""Simulated cameras: border scenes drawn once, encoded once, and served over real RTSP for as long as anybody looks."""
