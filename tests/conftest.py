"""What all tests share; each room's own helpers live beside its tests."""

from hypothesis import settings

# A slow machine is no mistake of the code, so there is no deadline per example. A failing example prints the line that
# repeats it.
settings.register_profile("samooh", deadline=None, print_blob=True)
settings.load_profile("samooh")
