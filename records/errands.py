"""Deeds of the centre that a person asks for at the console; on a phone they are refused with `only_at_office`.

An errand is a frozen class that says what is wanted; how it is done stands at the centre (`server/errands.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SignOut:
    """End this session at the console. Drafts stay for the next one."""
