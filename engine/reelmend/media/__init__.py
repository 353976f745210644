"""Readers and writers of clips: movies (PyAV) and PNG, TIFF, EXR, DPX sequences (OpenImageIO).

`open_reader` and `open_writer` are the door; `Reader` and `Writer` say what comes through it.
"""

from reelmend.media.interface import PixelType, Plane, Reader, Writer
from reelmend.media.opening import open_reader, open_writer

__all__ = ["PixelType", "Plane", "Reader", "Writer", "open_reader", "open_writer"]
