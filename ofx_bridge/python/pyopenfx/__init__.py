"""A headless OpenFX host: load any .ofx bundle, set parameters, render clips.

import pyopenfx as ofx

with ofx.load("Reelmend.ofx.bundle") as bundle:
    plugin = bundle.plugin("org.reelmend.Deflicker")
    settings = ofx.InstanceSettings(size=(1920, 1080), frames=(0, 99))
    with plugin.create(settings) as effect:
        effect.set_source(frames)  # float32 (100, 1080, 1920, 4), top row first
        effect.set("strength", 0.8)
        for number, picture in effect.render_frames():
            ...
"""

from .bundle import Bundle, Plugin, find_bundles, is_resident, load, search_folders
from .description import ClipDescription, ParamDescription, PluginDescription
from .errors import OfxError, PluginLoadError, PyOpenFXError, ShapeError, SourceWarning
from .events import Answer, Finding, Message, Progress
from .fetches import FetchCount
from .host_options import HostOptions, Temper
from .instance import Instance
from .profiles import PROFILES, Behaviour, Profile, profile
from .rendering import RenderSequence
from .settings import InstanceSettings

__all__ = [
    "PROFILES",
    "Answer",
    "Behaviour",
    "Bundle",
    "ClipDescription",
    "FetchCount",
    "Finding",
    "HostOptions",
    "Instance",
    "InstanceSettings",
    "Message",
    "OfxError",
    "ParamDescription",
    "Plugin",
    "PluginDescription",
    "PluginLoadError",
    "Profile",
    "Progress",
    "PyOpenFXError",
    "RenderSequence",
    "ShapeError",
    "SourceWarning",
    "Temper",
    "find_bundles",
    "is_resident",
    "load",
    "profile",
    "search_folders",
]
