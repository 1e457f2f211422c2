"""The wall's own H.264 over WebRTC (WHEP), not encoded again: for viewers who need it within a few frames."""
