"""A whole mission in one process, driven by a seed: phones, a console, a centre, a faulty network, a clock of its own.

The storage, sync and server code is the real one, over SQLite files in memory; only the wire between `requests` and the
API's own functions is ours. Every run is a pure function of its seed.
"""
