"""What the numbers in a picture stand for: transfer functions, and how to get from one to another and back."""

from reelmend.colour.choice import AUTO, COLOURSPACES, INPUT_TRANSFERS, conversion_for, transfer_of_colourspace
from reelmend.colour.conversion import Conversion
from reelmend.colour.curves import Samples
from reelmend.colour.transfer import Transfer, from_linear, to_linear

__all__ = [
    "AUTO",
    "COLOURSPACES",
    "INPUT_TRANSFERS",
    "Conversion",
    "Samples",
    "Transfer",
    "conversion_for",
    "from_linear",
    "to_linear",
    "transfer_of_colourspace",
]
