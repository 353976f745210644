"""Draw the effects' icons as PNG: `python tools/icons.py FOLDER` turns each of the node's SVG icons into one there."""

from __future__ import annotations

import sys
from pathlib import Path

import resvg_py

ICONS = Path(__file__).parents[1] / "ofx_bridge" / "plugin" / "resources" / "icons"
SIDE_PIXELS = 256


def draw(folder: Path) -> None:
    """Write `<identifier>.png`, 256×256 with alpha, for every `<identifier>.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for drawing in sorted(ICONS.glob("*.svg")):
        picture = resvg_py.svg_to_bytes(svg_path=str(drawing), width=SIDE_PIXELS, height=SIDE_PIXELS)
        (folder / f"{drawing.stem}.png").write_bytes(bytes(picture))


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
