"""GRAPH ↔ .tsx: the archive, as docs/archive.md specifies it. ``archive`` is the door; msgpack is used here only."""
