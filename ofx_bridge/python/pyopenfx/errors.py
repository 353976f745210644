"""What can go wrong between a host and a plug-in."""

from __future__ import annotations

STATUS_NAMES = {
    0: "kOfxStatOK",
    1: "kOfxStatFailed",
    2: "kOfxStatErrFatal",
    3: "kOfxStatErrUnknown",
    4: "kOfxStatErrMissingHostFeature",
    5: "kOfxStatErrUnsupported",
    6: "kOfxStatErrExists",
    7: "kOfxStatErrFormat",
    8: "kOfxStatErrMemory",
    9: "kOfxStatErrBadHandle",
    10: "kOfxStatErrBadIndex",
    11: "kOfxStatErrValue",
    12: "kOfxStatReplyYes",
    13: "kOfxStatReplyNo",
    14: "kOfxStatReplyDefault",
    15: "kOfxStatUnlicensed",
    1000: "kOfxStatErrImageFormat",
    1001: "kOfxStatGPUOutOfMemory",
    1002: "kOfxStatGPURenderFailed",
}


class PyOpenFXError(Exception):
    """Base of every error that pyopenfx raises."""


class PluginLoadError(PyOpenFXError):
    """A file cannot be loaded as an OpenFX plug-in: missing, for another processor, or not a plug-in."""


class OfxError(PyOpenFXError):
    """An OpenFX call was refused; `status` is the OfxStatus number and `status_name` its name."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(f"{message} ({self.status_name})")

    @property
    def status_name(self) -> str:
        """Return the name of the status as the OpenFX headers spell it."""
        return STATUS_NAMES.get(self.status, f"status {self.status}")

    def __reduce__(self) -> tuple[type[OfxError], tuple[int, str]]:
        return type(self), (self.status, self.message)


class ShapeError(PyOpenFXError, ValueError):
    """Pixels do not have the shape or the type that the clip was declared with."""


class SourceWarning(UserWarning):
    """A Python callable given to the host raised, yet the plug-in coped and the render succeeded."""
