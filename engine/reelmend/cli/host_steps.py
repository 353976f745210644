"""What to do in each host after the node is installed."""

from __future__ import annotations

HOST_STEPS = {
    "Resolve": "Color page, Effects (Open FX), Reelmend: drag Deflicker onto a node; on the Edit page, onto a clip",
    "Nuke": "press Tab over the node graph, type Deflicker; it is also in the menu Reelmend",
    "Natron": "press Tab over the node graph, type Deflicker; it is also in the group Reelmend",
    "MLT": "melt shot.mp4 -filter openfx.org.reelmend.Deflicker -consumer avformat:out.mp4",
}
"""By host, one line; docs/hosts.md says more, and what is known of each host."""


def next_steps(export: str) -> tuple[str, ...]:
    """Return the lines that come after an installation; `export` makes hosts look there, "" where they do already."""
    told = "Hosts find it when they are started with this line in the shell (or in ~/.profile):"
    start = (told, f"  {export}") if export else ()
    width = max(map(len, HOST_STEPS))
    steps = (f"  {host:{width}}  {step}" for host, step in HOST_STEPS.items())
    return (*start, "Next, restart the host; then", *steps)
