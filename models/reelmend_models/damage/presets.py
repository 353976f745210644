"""The named chains of damage. This is the one place to add or change a preset.

They damage the footage as it comes: colour stays colour (silent film in black and white needs black and white footage,
or a `Fading(saturation=0.0, …)` of one's own before it).
"""

from __future__ import annotations

from reelmend_models.damage.bandwidth import Bandwidth
from reelmend_models.damage.blotch import Blotch
from reelmend_models.damage.blur import Blur
from reelmend_models.damage.chain import Chain
from reelmend_models.damage.chroma import ChromaNoise
from reelmend_models.damage.dropout import Dropout
from reelmend_models.damage.dust import Dust
from reelmend_models.damage.edge_wave import EdgeWave
from reelmend_models.damage.fading import Fading
from reelmend_models.damage.flicker import Flicker
from reelmend_models.damage.grain import Grain
from reelmend_models.damage.hair import Hair
from reelmend_models.damage.head_switching import HeadSwitching
from reelmend_models.damage.interlacing import Interlacing
from reelmend_models.damage.ringing import Ringing
from reelmend_models.damage.scratch import Scratch
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stain import Stain
from reelmend_models.damage.tape_noise import TapeNoise
from reelmend_models.damage.tracking import Tracking
from reelmend_models.damage.weave import Weave

PRESETS: dict[str, Chain] = {
    "silent-1910": Chain(
        (
            Blur(sigma_px=(0.8, 1.8)),
            Grain(std=(0.02, 0.035), size_px=(0.6, 1.1)),
            Flicker(gain_std=(0.03, 0.08), spatial_std=(0.01, 0.03), outlier_probability=0.02),
            Stain(per_frame=0.12),
            Dust(per_frame=(20.0, 50.0)),
            Blotch(per_frame=(2.0, 6.0)),
            Scratch(standing=(1.0, 3.0), per_frame=0.15),
            Weave(drift_px=(1.0, 3.0), jitter_px=(0.3, 0.9)),
            Hair(short_per_frame=1.0, gate_per_frame=0.01),
        )
    ),
    "newsreel-1940": Chain(
        (
            Blur(sigma_px=(0.5, 1.2)),
            Grain(std=(0.02, 0.035)),
            Flicker(gain_std=(0.01, 0.03), spatial_std=(0.003, 0.012)),
            Stain(per_frame=0.03),
            Dust(per_frame=(10.0, 30.0)),
            Blotch(per_frame=(0.5, 2.5)),
            Scratch(standing=(0.0, 3.0), per_frame=0.1, bright_share=0.4),
            Weave(drift_px=(0.4, 1.5), jitter_px=(0.1, 0.5)),
            Hair(),
        )
    ),
    "colour-faded-1960": Chain(
        (
            Blur(sigma_px=(0.4, 0.9)),
            Grain(std=(0.012, 0.025), colour=0.6),
            Fading(),
            Flicker(gain_std=(0.005, 0.015), spatial_std=(0.0, 0.006), gamma_std=(0.0, 0.01), outlier_probability=0.0),
            Stain(per_frame=0.03, dark_colour=(0.12, 0.10, 0.20), light_colour=(0.92, 0.80, 0.62)),
            Dust(per_frame=(5.0, 18.0)),
            Blotch(per_frame=(0.3, 1.5)),
            Scratch(standing=(0.0, 1.0), per_frame=0.05, bright_share=0.7, bright_colour=(0.80, 0.92, 0.45)),
            Weave(drift_px=(0.3, 1.0), jitter_px=(0.1, 0.3)),
            Hair(short_per_frame=0.3, long_per_frame=0.08),
        )
    ),
    "vhs-1990": Chain(
        (
            Interlacing(),
            Bandwidth(speed="SP"),
            Ringing(),
            ChromaNoise(),
            TapeNoise(),
            EdgeWave(),
            Tracking(),
            HeadSwitching(),
            Dropout(),
        )
    ),
    "flicker-only": Chain((Flicker(),)),
    "dirt-only": Chain((Stain(per_frame=0.02), Dust(), Blotch(), Scratch(), Hair())),
}


def preset(name: str) -> Chain:
    """Return a preset's chain; DamageError naming the presets there are."""
    if name not in PRESETS:
        raise DamageError(f"no damage preset {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
