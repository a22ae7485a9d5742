"""Every scenario on every platform it asks, from stored references, to the bit.

pytest tests/matrix --platform vectorbt -k gap
"""

from parity.pytest_plugin import Case


def test_replay(parity_case: Case):
    parity_case.require_agreement()
