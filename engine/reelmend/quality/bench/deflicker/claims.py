"""What is claimed of the deflicker: its bars, by preset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reelmend.quality.bench.claims import Against, Claim
from reelmend.quality.bench.claims import judged as judged_claims
from reelmend.quality.bench.deflicker.plan import FITTED, GLOBAL_PEER, INPUT, LOCAL_PEER, OURS


def claims(presets: Iterable[str]) -> list[Claim]:
    """Return every claim about these presets, in the order of the table."""
    clean = [preset for preset in presets if preset.startswith("clean")]
    return [
        claim for claim in (*_FLICKER, *(c for name in clean for c in _harm(name)), *_FILM) if claim.preset in presets
    ]


def judged(rows: Sequence[Mapping[str, Any]], presets: Sequence[str], ours: str = OURS) -> list[dict[str, Any]]:
    """Return every claim about these presets as `claims.judged` does."""
    return judged_claims(claims(presets), rows, ours)


def _beside(preset: str, peer: str, *bars: tuple[str, str, float, Against]) -> list[Claim]:
    return [
        Claim(name, preset, measure, bar, against is Against.RATIO, against, peer)
        for name, measure, bar, against in bars
    ]


_RESIDUAL, _ON_GRID, _DRIFT = "flicker_residual_global", "flicker_residual_local", "drift"


def _better_than(peer: str, preset: str) -> tuple[Claim, Claim]:
    return (
        Claim(f"flicker left on the grid, × {peer}", preset, _ON_GRID, 1.0, to=peer, strict=True),
        Claim(f"PSNR, dB above {peer}", preset, "psnr", 0.0, False, Against.DIFFERENCE, peer, strict=True),
    )


_MIXED = (*_better_than(GLOBAL_PEER, "flicker-mixed"), *_better_than(LOCAL_PEER, "flicker-mixed"))
_LEARNED = tuple(c for kind in ("global", "local", "mixed") for c in _better_than(FITTED, f"flicker-{kind}"))
_FLICKER = (
    *_beside(
        "flicker-global",
        GLOBAL_PEER,
        (f"flicker left, × {GLOBAL_PEER}", _RESIDUAL, 0.8, Against.RATIO),
        (f"flicker left on the grid, × {GLOBAL_PEER}", _ON_GRID, 0.8, Against.RATIO),
        (f"PSNR, dB above {GLOBAL_PEER}", "psnr", 1.0, Against.DIFFERENCE),
        (f"drift, × {GLOBAL_PEER}", _DRIFT, 1.0, Against.RATIO),
    ),
    *_beside(
        "flicker-local",
        LOCAL_PEER,
        (f"flicker left on the grid, × {LOCAL_PEER}", _ON_GRID, 0.75, Against.RATIO),
        (f"PSNR, dB above {LOCAL_PEER}", "psnr", 2.0, Against.DIFFERENCE),
    ),
    *_MIXED,
    *_LEARNED,
    Claim("gain error around a passer, × elsewhere", "flicker-passer", "halo", 1.0, against=Against.NOTHING),
)
_FILM = (
    Claim("flicker energy, × before", "real-film", "flicker_energy_global", 0.15, to=INPUT),
    Claim("flicker energy on the grid, × before", "real-film", "flicker_energy_local", 0.15, to=INPUT),
    Claim("fine detail gained or lost, share", "real-film", "high_frequency_kept", 0.02, against=Against.ONE),
)


def _harm(preset: str) -> tuple[Claim, Claim]:
    return (
        Claim("PSNR over frames altered, dB", preset, "psnr_altered", 50.0, False, Against.NOTHING, every_clip=True),
        Claim("mean luma moved, share", preset, "luma_moved", 0.003, against=Against.NOTHING, every_clip=True),
    )
