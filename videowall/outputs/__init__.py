"""How a wall leaves its process: a page, a stream, stills, all behind one gate."""
