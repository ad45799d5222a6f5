"""Screens of the console only; the phone never reaches them."""
