"""Pictures of runs and searches, as SVG or PNG. Needs the extra ``report`` (matplotlib)."""

from engine.research.pictures.canvas import Picture
from engine.research.pictures.decimate import decimate
from engine.research.pictures.heat_map import heat_map
from engine.research.pictures.lines import Look, lines, windows

__all__ = ["Look", "Picture", "decimate", "heat_map", "lines", "windows"]
