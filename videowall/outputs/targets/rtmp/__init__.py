"""The wall published over RTMP (Adobe's specification 1.0), to media servers and streaming services."""
