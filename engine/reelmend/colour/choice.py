"""Which conversion a render needs: what the artist chose, what the host says, what the model takes."""

from __future__ import annotations

from reelmend.colour.conversion import Conversion
from reelmend.colour.transfer import Transfer
from reelmend.errors import BadRequestError

AUTO = "auto"
AS_IS = "as_is"

INPUT_TRANSFERS = (AUTO, AS_IS, *Transfer)
"""The values of the parameter *Input transfer*, in the order of the menu."""

# The names are those of OpenFX 1.5's native colour configuration (ofx-native-v1.5_aces-v1.3_ocio-v2.3), in lower case.
_LINEAR = (
    "ofx_scene_linear",
    "aces2065-1",
    "acescg",
    "lin_p3d65",
    "lin_rec2020",
    "lin_rec709_srgb",
    "lin_adobergb",
    "lin_ap0",
    "lin_ap1",
    "linear",
)
_VIDEO = (
    "ofx_display_sdr",
    "srgb_display",
    "displayp3_display",
    "rec1886_rec709_display",
    "rec1886_rec2020_display",
    "p3d65_display",
    "p3d60_display",
    "p3dci_display",
    "camera_rec709",
    "g18_rec709_tx",
    "g22_ap1_tx",
    "g22_rec709_tx",
    "g24_rec709_tx",
    "g22_adobergb_tx",
    "srgb_encoded_ap1_tx",
    "srgb_encoded_p3d65_tx",
    "srgb_tx",
)
COLOURSPACES = {
    **dict.fromkeys(_LINEAR, Transfer.LINEAR),
    **dict.fromkeys(_VIDEO, Transfer.VIDEO),
    "acescct": Transfer.ACESCCT,
    "cineon": Transfer.CINEON_LOG,
}
"""Transfer functions by the name of a colourspace, in lower case."""


def transfer_of_colourspace(name: str) -> Transfer | None:
    """Return the transfer function of a colourspace that a host states, or None when it is not one of ours.

    All of SDR video counts as `video`: sRGB, BT.1886 and BT.709 differ less than cameras and displays do. Other
    logarithmic spaces, HDR video and raw data are not ours.
    """
    return COLOURSPACES.get(name.strip().lower())


def conversion_for(choice: str, model_transfer: str, stated_colourspace: str = "") -> Conversion | None:
    """Return how a clip's samples become what the model takes, or None when they stay as they are.

    `choice`: one of INPUT_TRANSFERS. `model_transfer`: the manifest's colour.transfer; a model that takes any transfer
    function ("as is") is never given another one. `stated_colourspace`: the clip's OfxImageClipPropColourspace, or "".

    `auto` follows what the host states. When it states nothing, the samples are taken for what the model wants: the
    pixel type says nothing about it, since Resolve hands over display-referred floats and Nuke linear ones. Raises
    BadRequestError.
    """
    if choice not in INPUT_TRANSFERS:
        raise BadRequestError(f"there is no input transfer '{choice}'; there are {', '.join(INPUT_TRANSFERS)}")
    if model_transfer.replace(" ", "_") == AS_IS or choice == AS_IS:
        return None
    target = Transfer.named(model_transfer)
    source = transfer_of_colourspace(stated_colourspace) if choice == AUTO else Transfer(choice)
    if source is None or source is target:
        return None
    return Conversion(source, target)
