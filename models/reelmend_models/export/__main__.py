"""`python -m reelmend_models.export MODEL`: write a model's ONNX graphs, parity case and manifest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import reelmend_models
from reelmend.errors import ReelmendError
from reelmend_models.export.deflicker import deflicker_recipe
from reelmend_models.export.repair import repair_recipe
from reelmend_models.export.write import export_model

RECIPES = {"deflicker": deflicker_recipe, "repair": repair_recipe}


def main() -> int:
    """Return 0 when the model was written, 1 when its graphs do not compute what torch computes."""
    package = Path(reelmend_models.__path__[0])
    parser = argparse.ArgumentParser(prog="python -m reelmend_models.export", description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument("--weights", type=Path, default=package.parent / "weights", metavar="FOLDER")
    parser.add_argument("--manifests", type=Path, default=package / "manifests", metavar="FOLDER")
    given = parser.parse_args()
    try:
        graphs = export_model(RECIPES[given.model](), given.weights, given.manifests)
    except ReelmendError as error:
        print(error, file=sys.stderr)
        return 1
    for graph in graphs:
        size_kb = graph.path.stat().st_size / 1000
        print(
            f"{graph.path}  {size_kb:.0f} kB  sha256 {graph.sha256[:12]}…  differs from torch by {graph.difference:.2g}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
