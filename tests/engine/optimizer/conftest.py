import sys
from pathlib import Path

# Stories here share market.py.
sys.path.append(str(Path(__file__).parent))
