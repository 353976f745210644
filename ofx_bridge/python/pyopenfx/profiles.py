"""The hosts that plug-ins live in, each as a profile: what it lacks, and how it breaks the standard.

A profile is what is known, no more: each behaviour names where it was learnt. "Reported" means that plug-in authors
or the vendor say so, "observed" that a probe plug-in saw it in the program itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from .host_options import HostOptions, Temper

_NEWER_THAN_1_0 = (
    "OfxImageEffectPropCPURenderSupported",
    "OfxImageEffectPropNoSpatialAwareness",
    "OfxImageEffectPropThumbnailRender",
    "OfxImageEffectPropOpenGLRenderSupported",
    "OfxImageEffectPropCudaRenderSupported",
    "OfxImageEffectPropCudaStreamSupported",
    "OfxImageEffectPropMetalRenderSupported",
    "OfxImageEffectPropOpenCLRenderSupported",
    "OfxImageEffectPropOpenCLSupported",
    "OfxImageEffectPropOpenGLEnabled",
    "OfxImageEffectPropCudaEnabled",
    "OfxImageEffectPropMetalEnabled",
    "OfxImageEffectPropOpenCLEnabled",
    "OfxImageEffectPropColourManagementStyle",
    "OfxImageEffectPropColourManagementAvailableConfigs",
    "OfxImageEffectPluginPropObsolete",
    "OfxImageEffectHostPropNativeOrigin",
    "OfxImageEffectPropRenderQualityDraft",
    "OfxImageEffectPropInteractiveRenderStatus",
    "OfxImageEffectPropSequentialRenderStatus",
    "OfxImageEffectInstancePropSequentialRender",
    "OfxParamHostPropSupportsStrChoice",
    "OfxParamHostPropSupportsStrChoiceAnimation",
    "OfxParamPropChoiceOrder",
    "OfxParamPropChoiceEnum",
    "OfxPluginPropFilePath",
    "OfxPropVersion",
    "OfxPropVersionLabel",
    "OfxPropPluginDescription",
    "OfxPropAPIVersion",
    "OfxPropIcon",
    "OfxParamPropDefaultCoordinateSystem",
    "OfxParamPropHasHostOverlayHandle",
    "kOfxParamPropUseHostOverlayHandle",
)
_OPTIONAL_SUITES = frozenset(
    {("OfxMessageSuite", 2), ("OfxProgressSuite", 1), ("OfxProgressSuite", 2), ("OfxTimeLineSuite", 1)}
)
_NEW_PARAM_TYPES = frozenset({"OfxParamTypeStrChoice", "OfxParamTypeBytes", "OfxParamTypeParametric"})


@dataclass(frozen=True)
class Behaviour:
    """One thing a host does, and where that is known from."""

    text: str
    source: str


@dataclass(frozen=True)
class Profile:
    """A host to be played. `rules` are findings about a description that matter here, and what they do."""

    name: str
    about: str
    host: HostOptions
    behaviours: tuple[Behaviour, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()


_REPORTED = "reported by plug-in authors; not run here"
_PROBED = "observed with a probe plug-in, 2026-11-20"
_HOST_DEMO = "observed in the standard's own host demo, 2026-11-20"
_MLT_SOURCE = "read in MLT's own source, 7.41"

STRICT = Profile(
    "strict",
    "Every suite and context; reports everything that the standard lets a host check.",
    HostOptions(temper=Temper(strict=True, guard_bytes=256, crop_tiles=True)),
    (Behaviour("checks types, indices, values, actions, frames, memory, strings and statuses", "OpenFX 1.5.1"),),
)

MINIMAL = Profile(
    "minimal",
    "Only what the standard makes mandatory: five suites and message 1, the properties and parameters of OpenFX 1.0.",
    HostOptions(
        name="org.reelmend.minimal",
        label="Minimal",
        withheld_suites=_OPTIONAL_SUITES,
        api_version=(1, 0),
        contexts=("filter",),
        temper=Temper(
            set_host_export=False,
            dummy_threads=True,
            asks_frames_needed=False,
            asks_identity=False,
            hidden_properties=frozenset(("", name) for name in _NEWER_THAN_1_0),
            unknown_param_types=_NEW_PARAM_TYPES,
        ),
    ),
    (
        Behaviour("offers property, image effect, parameter, memory, multithread and message 1 only", "OpenFX 1.5.1"),
        Behaviour(
            "answers kOfxStatErrUnknown to properties newer than 1.0", "observed in the standard's own host demo"
        ),
        Behaviour("refuses StrChoice and Bytes parameters with kOfxStatErrUnsupported", _HOST_DEMO),
        Behaviour("never calls OfxSetHost, GetFramesNeeded or IsIdentity", _HOST_DEMO),
    ),
)

RESOLVE = Profile(
    "resolve",
    "DaVinci Resolve's Edit and Color pages.",
    HostOptions(
        name="DaVinciResolve",
        label="DaVinci Resolve",
        contexts=("filter", "general", "generator", "transition"),
        depths=("float",),
        components=("RGBA", "Alpha"),
        api_version=(1, 4),
        background=False,
        temper=Temper(
            create_needs_ok=True,
            frames_needed_kills=True,
            masks_read_connected=True,
            dummy_threads=True,
            renders_identity=True,
        ),
    ),
    (
        Behaviour("no controls and no render unless Create- and DestroyInstance answer OK", _REPORTED),
        Behaviour("mask clips read as connected though there is no image", _REPORTED),
        Behaviour("may render a frame for which identity was answered", _REPORTED),
        Behaviour("the multithread suite runs everything on the calling thread", _REPORTED),
        Behaviour("a wrong status from GetFramesNeeded ends the node (Fusion page)", _REPORTED),
        Behaviour("numbers without a range and a display range get useless sliders", _REPORTED),
    ),
    (("display-range", "the sliders are useless"),),
)

NUKE = Profile(
    "nuke",
    "Foundry Nuke.",
    HostOptions(
        name="uk.co.thefoundry.nuke",
        label="nuke",
        contexts=("filter", "general", "generator", "transition"),
        depths=("float",),
        api_version=(1, 4),
        background=False,
        temper=Temper(
            watch_strings=True,
            error_message_stops=True,
            frozen_menus=True,
            normalised_xy=True,
            image_identifier="constant",
        ),
    ),
    (
        Behaviour("keeps pointers to every string that is handed over", _REPORTED),
        Behaviour("'-' is illegal in a label", _REPORTED),
        Behaviour("does not render again while the error message of the last render stands", _REPORTED),
        Behaviour("image identity is always 'ffffffffffffffff'", _REPORTED),
        Behaviour("choice menus cannot be rebuilt", _REPORTED),
        Behaviour("XY parameters default to normalised coordinates", _REPORTED),
    ),
    (("label-dash", "the label is refused"),),
)

MLT = Profile(
    "mlt",
    "MLT (melt, Kdenlive, Shotcut) from 7.38.",
    HostOptions(
        name="MLT",
        label="MLT",
        contexts=("filter", "general"),
        components=("RGBA", "RGB"),
        temporal_access=False,
        tiles=False,
        multi_resolution=False,
        temper=Temper(
            says_both_fields=True,
            says_unpremultiplied=True,
            set_host_export=False,
            instance_changed=False,
            lying_frames=True,
            asks_frames_needed=False,
            asks_identity=False,
            instance_per_frame=True,
            rows="top-down",
            hidden_properties=frozenset(
                (kind, name)
                for kind in ("instance", "clip")
                for name in (
                    "OfxImageEffectPropFrameRange",
                    "OfxImageEffectPropFrameRate",
                    "OfxImageEffectPropProjectSize",
                    "OfxImageEffectInstancePropEffectDuration",
                )
            ),
        ),
    ),
    (
        Behaviour("says TemporalClipAccess 0, yet any time gets the current frame with status OK", _PROBED),
        Behaviour("setHost, Load, Describe, Create- and DestroyInstance once per frame on worker threads", _PROBED),
        Behaviour("never calls OfxSetHost, GetFramesNeeded, IsIdentity or InstanceChanged", _PROBED),
        Behaviour("rowBytes are negative", _PROBED),
        Behaviour("instance and clips lack frame range, frame rate, project size and duration", _PROBED),
        Behaviour("the frame of a failed render is written all the same", _PROBED),
        Behaviour("progressive images and clips say field and field order 'OfxFieldBoth'", _MLT_SOURCE),
        Behaviour("every image says it is unpremultiplied", _MLT_SOURCE),
    ),
)

VEGAS = Profile(
    "vegas",
    "VEGAS Pro.",
    HostOptions(
        name="com.sonycreativesoftware.vegas",
        label="Vegas Pro",
        contexts=("filter", "general", "generator", "transition"),
        depths=("byte", "float"),
        components=("RGBA",),
        api_version=(1, 3),
        background=False,
        temper=Temper(force_depth=True, swap_red_blue=True, lying_scale=True),
    ),
    (
        Behaviour("hands bytes to a plug-in that takes float only", _REPORTED),
        Behaviour("red and blue are swapped", _REPORTED),
        Behaviour("clips tell the order in OfxImageEffectPropPixelOrder", "read in VEGAS's own extension header"),
        Behaviour("the render scale says 1 whatever the size of the images", _REPORTED),
    ),
)

BASELIGHT = Profile(
    "baselight",
    "FilmLight Baselight.",
    HostOptions(
        name="Baselight",
        label="Baselight",
        contexts=("filter", "general"),
        depths=("float",),
        components=("RGBA", "RGB"),
        api_version=(1, 4),
        temper=Temper(rows="top-down"),
    ),
    (Behaviour("rowBytes are negative", _REPORTED),),
)

NATRON = Profile(
    "natron",
    "Natron.",
    HostOptions(
        name="fr.inria.Natron",
        label="Natron",
        depths=("float",),
        api_version=(1, 4),
        background=False,
        temper=Temper(linear_light=True),
    ),
    (Behaviour("pixels are linear light: integer media are decoded before the plug-in sees them", _REPORTED),),
)

CATALYST = Profile(
    "catalyst",
    "Sony Catalyst Edit.",
    HostOptions(
        name="com.sony.Catalyst.Edit",
        label="Catalyst Edit",
        contexts=("filter", "general"),
        components=("RGBA",),
        api_version=(1, 3),
        background=False,
        temper=Temper(missing_mutexes=True),
    ),
    (Behaviour("the multithread suite has NULL where its mutex functions should be", _REPORTED),),
)

PYOFX = Profile(
    "pyofx",
    "pyofx, a Python host: one 8-bit RGBA frame.",
    HostOptions(
        name="pyofx",
        label="pyofx",
        contexts=("filter", "general"),
        depths=("byte",),
        components=("RGBA",),
        api_version=(1, 4),
        temper=Temper(
            set_host_export=False,
            asks_frames_needed=False,
            asks_regions_of_interest=False,
            asks_identity=False,
            macro_like_names=True,
            says_unpremultiplied=True,
            force_depth=True,
            hidden_properties=frozenset({("in arguments", "OfxImageEffectPropRenderWindow")}),
        ),
    ),
    (
        Behaviour("Render gets no render window", _PROBED),
        Behaviour("says OfxImageUnPreMultiplied and OfxImageFieldNone: macros' names, not the strings", _PROBED),
    ),
)

PROFILES = {
    profile.name: profile
    for profile in (STRICT, RESOLVE, NUKE, MLT, VEGAS, BASELIGHT, NATRON, MINIMAL, CATALYST, PYOFX)
}


def profile(name: str) -> Profile:
    """Return the profile of that name; raise ValueError with the known names otherwise."""
    if name not in PROFILES:
        raise ValueError(f"no profile '{name}'; there are {', '.join(PROFILES)}")
    return PROFILES[name]
