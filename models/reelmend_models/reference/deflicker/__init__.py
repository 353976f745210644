"""The deflicker in plain numpy: what its graphs compute, written down once more to be read and to be held against.

Luma and one curve for all channels, as the effect has it by default. Cuts, masks and rectangles are not its business:
the clip is one shot.
"""

from reelmend_models.reference.deflicker.clip import PlainDeflicker, make

__all__ = ["PlainDeflicker", "make"]
