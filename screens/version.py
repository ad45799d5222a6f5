"""Which app this is."""

VERSION = "0.1.0"
"""As in pyproject.toml, which does not travel to the phone; a test holds them together."""
