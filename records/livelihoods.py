"""What groups and women live from: the closed list that a group's and a member's livelihoods share."""

from typing import Annotated

from records.fields import Choice

LIVELIHOODS = (
    "farming",
    "vegetables",
    "horticulture",
    "dairy",
    "goats",
    "poultry",
    "fishery",
    "forest_produce",
    "wage_labour",
    "shop",
    "tailoring",
    "handicraft",
    "food_processing",
    "service",
    "other",
)
"""The list of the portal is not public; these are the activities its screens and the mission's reports name, broadest
first within each branch (field notes 2.1)."""

Livelihood = Annotated[str, Choice(*LIVELIHOODS)]
