"""RTSP 1.0 and RTP as bytes, without I/O: shared by the wall's client and the simulator's server."""
