"""The console of the office: the screens over the central store, served to browsers by a process of its own.

The only place in the server that knows screens and Flet; the API never imports it.
"""
