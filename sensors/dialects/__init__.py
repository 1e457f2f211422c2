"""Wire formats, one file each, no I/O: (topic, payload, retained, received time) in, messages out."""
