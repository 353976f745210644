"""Footage by package: camera clips, clips made from photographs, and the split that nothing crosses.

`python -m reelmend_models.training.footage build DIR` fetches it; `read_footage(DIR)` reads what was built, and
`split_seeds("training")` says which seeds of damage and motion belong to which split.
"""

from reelmend_models.training.footage.catalogue import Split, split_of_seed, split_seeds
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.footage import Footage, read_footage
from reelmend_models.training.footage.made.clip import MadeClip, made_clip
from reelmend_models.training.footage.made.recipe import Recipe
from reelmend_models.training.footage.manifest import ClipEntry

__all__ = [
    "ClipEntry",
    "Footage",
    "FootageError",
    "MadeClip",
    "Recipe",
    "Split",
    "made_clip",
    "read_footage",
    "split_of_seed",
    "split_seeds",
]
