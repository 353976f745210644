"""Documents that people and archives keep: what was found in a clip and mended, as JSON to be read, edited, given back.

`DetectionsWriter` writes one frame by frame, `read_detections` reads an edited one, and `CoresClip` is what an effect
takes of it.
"""

from reelmend.documents.cores import CLASSES, CoresClip, coded
from reelmend.documents.reader import DetectionList, ListedFrame, read_detections
from reelmend.documents.schema import (
    DOCUMENT,
    VERSION,
    DetectionsDocument,
    Head,
    MadeWith,
    SourceEntry,
    json_schema,
)
from reelmend.documents.writer import DetectionsWriter

__all__ = [
    "CLASSES",
    "DOCUMENT",
    "VERSION",
    "CoresClip",
    "DetectionList",
    "DetectionsDocument",
    "DetectionsWriter",
    "Head",
    "ListedFrame",
    "MadeWith",
    "SourceEntry",
    "coded",
    "json_schema",
    "read_detections",
]
