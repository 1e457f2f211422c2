"""Our RTSP client: one whole picture per RTP marker, exact time-outs, no thread per camera."""
