"""A property is about values, not about how busy the machine is."""

from hypothesis import settings

settings.register_profile("truefill", deadline=None)
settings.load_profile("truefill")

pytest_plugins = ["pytester"]
