"""Building the suite: static programs, kept in the cache by the hash of all that makes them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import paths

HERE = Path(__file__).resolve().parent
MODULE = "github.com/opencontainers/runtime-tools"
INSIDE = "runtimetest"
FLAGS = ("-trimpath", "-mod=readonly", "-ldflags=-s -w")
NEEDS = """\
make conformance builds the OCI runtime validation suite, and needs Go 1.21 or later for that. On
Debian 13 and later, as root:
    apt-get install --no-install-recommends golang-go
Nothing else in this repository needs it."""


class Missing(Exception):
    """Something that the suite needs isn't there."""


@dataclass(frozen=True)
class Suite:
    """The built suite: a program for each directory of validation/, and what they need."""

    directory: Path

    @property
    def programs(self) -> list[str]:
        """The programs' names."""
        skip = {INSIDE, self.archive.name}
        return sorted(path.name for path in self.directory.iterdir() if path.name not in skip)

    @property
    def inside(self) -> Path:
        """The program that looks around inside a container."""
        return self.directory / INSIDE

    @property
    def archive(self) -> Path:
        """The root filesystem of the suite's containers."""
        return self.directory / "rootfs-amd64.tar.gz"


def version() -> str:
    """The pinned version of the suite's module."""
    for line in (HERE / "go.mod").read_text().splitlines():
        words = line.removeprefix("require ").split()
        if words[:1] == [MODULE]:
            return words[1]
    raise Missing(f"go.mod doesn't require {MODULE}")


def go(*args: str) -> str:
    """Run the go command in this directory; raises Missing when there is none or it fails."""
    if shutil.which("go") is None:
        raise Missing(NEEDS)
    environment = os.environ | {"CGO_ENABLED": "0", "GOARCH": "amd64", "GOOS": "linux"}
    done = subprocess.run(["go", *args], cwd=HERE, env=environment, text=True,
                          capture_output=True, check=False)  # fmt: skip
    if done.returncode:
        raise Missing(f"go {' '.join(args)} failed:\n{done.stderr.strip()}")
    return done.stdout


def build() -> Suite:
    """The suite, built unless it is in the cache."""
    made_of = [(HERE / name).read_bytes() for name in ("go.mod", "go.sum")]
    made_of += ["\n".join((*FLAGS, go("version"))).encode()]
    digest = hashlib.sha256(b"\0".join(made_of)).hexdigest()[:16]
    place = paths.cache() / "conformance" / f"suite-{digest}"
    if place.is_dir():
        return Suite(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    with paths.one_at_a_time("conformance"):
        if not place.is_dir():
            print("Building the suite; a minute")
            partial = Path(tempfile.mkdtemp(prefix="build-", dir=place.parent))
            try:
                _build(partial)
                partial.rename(place)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return Suite(place)


def _build(place: Path) -> None:
    go("build", *FLAGS, "-o", f"{place}/", f"{MODULE}/validation/...", f"{MODULE}/cmd/{INSIDE}")
    module = Path(go("list", *FLAGS[1:2], "-m", "-f", "{{.Dir}}", MODULE).strip())
    shutil.copy(module / Suite(place).archive.name, place)
