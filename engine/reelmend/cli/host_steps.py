"""What to do in each host after the node is installed; docs/hosts.md says more, and what is known of each host."""

from __future__ import annotations

import shlex
from pathlib import Path


def host_steps(folder: Path) -> dict[str, str]:
    """Return one line for each host, for a node that lies in `folder`."""
    # MLT searches OFX_PLUGIN_PATH alone, and counts the entries of a menu from 0.
    mlt = f"OFX_PLUGIN_PATH={shlex.quote(str(folder))} melt shot.mp4 -filter openfx.org.reelmend.Deflicker"
    return {
        "Resolve": "Color page, Effects (Open FX), Reelmend: drag Deflicker onto a node; on the Edit page, onto a clip",
        "Nuke": "press Tab over the node graph, type Deflicker; it is also in the menu Reelmend",
        "Natron": "press Tab over the node graph, type Deflicker; it is also in the group Reelmend",
        "MLT": f"{mlt} withoutNeighbours=2 -consumer avformat:out.mp4",
    }


def next_steps(folder: Path, export: str) -> tuple[str, ...]:
    """Return the lines that come after an installation; `export` makes hosts look there, "" where they do already."""
    told = "Hosts find it when they are started with this line in the shell (or in ~/.profile):"
    start = (told, f"  {export}") if export else ()
    steps = host_steps(folder)
    width = max(map(len, steps))
    return (*start, "Next, restart the host; then", *(f"  {host:{width}}  {step}" for host, step in steps.items()))
