"""Real packages of every kind with small footage in them, and the catalogue that names it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

FRAMES = 10
SIZE = (96, 64)

_SPLITS = """
[splits]
training = { first_seed = 0, seeds = 100 }
validation = { first_seed = 100, seeds = 100 }
test = { first_seed = 200, seeds = 100 }

[quick]
clips = ["ball"]
photos = ["tree"]

[packages]
films = { manager = "apt", name = "films", version = "1.0-1" }
tape = { manager = "npm", name = "tape", version = "2.0.0" }
prints = { manager = "pip", name = "fine-prints", version = "3.0" }
"""


@dataclass(frozen=True)
class Shelf:
    """A folder with one .deb, one .tgz and one .whl, and the catalogue of what is in them."""

    folder: Path

    @property
    def archives(self) -> list[Path]:
        """Return the packages' files: films_….deb, tape-….tgz, fine_prints-….whl."""
        return sorted(file for file in self.folder.iterdir() if file.suffix in (".deb", ".tgz", ".whl"))

    @property
    def catalogue_file(self) -> Path:
        return self.folder / "catalogue.toml"

    @classmethod
    def stocked(cls, folder: Path) -> Shelf:
        """Return a shelf with its packages made."""
        movie, other_movie = movie_bytes(folder, seed=1), movie_bytes(folder, seed=2)
        photos = {name: photo_bytes(seed) for seed, name in enumerate(("tree", "house", "river", "cloud"))}
        films = {
            "usr/share/films/ball.avi.gz": gzip.compress(movie, mtime=0),
            "usr/share/films/tree.png": photos["tree"],
            "usr/share/films/house.png": photos["house"],
        }
        deb(folder, "films", "1.0-1", films)
        npm_tarball(folder, "tape", "2.0.0", {"video/walk.avi": other_movie, "river.png": photos["river"]})
        wheel(folder, "fine_prints", "3.0", {"fine_prints/cloud.png": photos["cloud"]})
        rows = [
            _row("clips", "ball", "training", "films", "usr/share/films/ball.avi.gz", movie),
            _row("clips", "walk", "test", "tape", "package/video/walk.avi", other_movie),
            _row("photos", "tree", "training", "films", "usr/share/films/tree.png", photos["tree"]),
            _row("photos", "house", "training", "films", "usr/share/films/house.png", photos["house"]),
            _row("photos", "river", "validation", "tape", "package/river.png", photos["river"]),
            _row("photos", "cloud", "test", "prints", "fine_prints/cloud.png", photos["cloud"]),
        ]
        (folder / "catalogue.toml").write_text(_SPLITS + "".join(rows), encoding="utf-8")
        return cls(folder)


def photo_bytes(seed: int, width: int = 480, height: int = 320) -> bytes:
    """Return a PNG full of detail at every scale."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.uniform(0, 255, (height // step, width // step, 3)), (width, height)) for step in (2, 8, 32)
    ]
    pixels = np.clip(np.mean(layers, axis=0) * 1.5 - 60, 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1])


def movie_bytes(folder: Path, seed: int) -> bytes:
    """Return an AVI of FRAMES frames of SIZE, reddish."""
    file = folder / f"movie{seed}.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 25, SIZE)
    scene = np.random.default_rng(seed).integers(0, 255, (SIZE[1], SIZE[0] + FRAMES, 3), np.uint8)
    scene[:, :, 0] //= 4
    for index in range(FRAMES):
        writer.write(np.ascontiguousarray(cv2.GaussianBlur(scene, (9, 9), 3)[:, index : index + SIZE[0]]))
    writer.release()
    data = file.read_bytes()
    file.unlink()
    return data


def deb(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Return a Debian package made by dpkg-deb."""
    tree = folder / f"tree-{name}-{version}"
    for path, data in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    (tree / "DEBIAN").mkdir(parents=True)
    control = (
        f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@example.org>\nDescription: x\n"
    )
    (tree / "DEBIAN" / "control").write_text(control)
    archive = folder / f"{name}_{version}_all.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(archive)]
    subprocess.run(command, check=True, capture_output=True)
    return archive


def npm_tarball(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Return a tarball as npm packs it: everything under package/."""
    archive = folder / f"{name}-{version}.tgz"
    manifest = json.dumps({"name": name, "version": version}).encode()
    with tarfile.open(archive, "w:gz") as container:
        for path, data in {"package.json": manifest, **files}.items():
            info = tarfile.TarInfo(f"package/{path}")
            info.size = len(data)
            container.addfile(info, io.BytesIO(data))
    return archive


def wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Return a wheel that pip takes."""
    archive = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, *meta, f"{info}/RECORD"))
    with zipfile.ZipFile(archive, "w") as container:
        for path, data in {**files, **meta, f"{info}/RECORD": record.encode()}.items():
            container.writestr(path, data)
    return archive


def _row(table: str, id_: str, split: str, package: str, path: str, data: bytes) -> str:
    width, height = SIZE if table == "clips" else (480, 320)
    movie = f'frames = {FRAMES}\nfps = "25"\ncuts = [4]\n' if table == "clips" else ""
    return f"""
[[{table}]]
id = "{id_}"
split = "{split}"
package = "{package}"
path = "{path}"
sha256 = "{hashlib.sha256(data).hexdigest()}"
bytes = {len(data)}
width = {width}
height = {height}
{movie}licence = "CC0-1.0"
basis = "file"
attribution = "© nobody"
shows = "a {id_}"
"""
