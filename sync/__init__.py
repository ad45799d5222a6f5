"""Carrying changes between a phone's copy and the centre."""
