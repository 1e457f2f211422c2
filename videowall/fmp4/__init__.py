"""H.264 access units as fragmented MP4 for Media Source Extensions: sans I/O, no muxer, no lag of a frame."""
