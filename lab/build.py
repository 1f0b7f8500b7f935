"""Builds an image: mmdebstrap makes a root file system as a tar file, mke2fs a disk of it."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lab import initramfs, lock, mirror, paths, tools
from lab import kernel as kernels
from lab.arch import Arch
from lab.errors import LabError
from lab.image import Built, Image, built

Say = Callable[[str], None]

UNUSED_SECONDS = 30 * 86400

# Inside the file system being made: apt's own words on each installed package.
MANIFEST = "usr/share/anocir-lab/packages"
# mmdebstrap runs this with the new root as $1 while apt's lists are still there.
MANIFEST_HOOK = (
    f'mkdir -p "$1/{MANIFEST.rpartition("/")[0]}" && '
    "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-cache show --no-all-versions "
    "$(chroot \"$1\" dpkg-query -W -f '${Package}:${Architecture}=${Version} ' "
    "| sed 's/:all=/=/g') "
    f'> "$1/{MANIFEST}"'
)
# Run with the tar file, an empty directory and the disk's size; as root, or mapped to it.
MAKE_DISK = """
set -e
# Device nodes come from devtmpfs, and only root could make them.
tar -x --numeric-owner --exclude='./dev/*' --xattrs --xattrs-include='*' -f "$1" -C "$2"
mkdir -p "$2/anocir" "$2/root/lab"
: >"$2/etc/resolv.conf"
echo anocir-lab >"$2/etc/hostname"
printf '127.0.0.1 localhost anocir-lab\\n::1 localhost\\n' >"$2/etc/hosts"
echo "::respawn:/usr/bin/python3 -IS /run/lab/lab/guest/agent.py" >"$2/etc/inittab"
rm -f "$2"/boot/initrd.img-* "$2"/boot/System.map-* "$2"/boot/vmlinuz-*
mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=0,root_owner=0:0 -m 0 -L anocir-lab \
    -d "$2" "$3" "$4"
"""


def build(image: Image, arch: Arch, say: Say, force: bool = False) -> Built:
    """Make the image unless it is there; returns its files. Raises LabError."""
    result = built(image, arch)
    if result.exists() and not force:
        return result
    root = os.geteuid() == 0
    tools.require(tools.to_build(root), "build the image")
    if not root:
        user = pwd.getpwuid(os.geteuid())
        tools.require_id_maps(user.pw_name, user.pw_uid)
    sources = mirror.lines(image.suite)
    paths.images().mkdir(parents=True, exist_ok=True)
    with (
        paths.one_at_a_time("build"),
        tempfile.TemporaryDirectory(prefix="build-", dir=paths.images()) as work,
    ):
        if result.exists() and not force:
            return result
        say(lock.sizes_ahead(image, arch))
        directory = Path(work) / "image"
        directory.mkdir()
        tar = Path(work) / "root.tar"
        bootstrap(image, arch, sources, tar, root)
        extract(tar, directory)
        say("lab: making the disk")
        make_disk(tar, Path(work) / "root", directory / "root.ext4", image.size, root)
        if result.exists():
            shutil.rmtree(result.directory)
        directory.rename(result.directory)
    forget_unused()
    return result


def forget_unused() -> None:
    """Delete images that nobody started for a month; another work tree may need the others."""
    for directory in paths.images().iterdir():
        if directory.stat().st_mtime < time.time() - UNUSED_SECONDS:
            shutil.rmtree(directory, ignore_errors=True)


def bootstrap(image: Image, arch: Arch, sources: list[str], tar: Path, root: bool) -> None:
    """Run mmdebstrap, whose progress the reader sees on stderr."""
    argv = [
        "mmdebstrap",
        f"--mode={'root' if root else 'unshare'}",
        "--variant=essential",
        f"--architectures={arch.debian}",
        "--format=tar",
        "--include=" + ",".join((*image.packages, arch.kernel_package)),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in image.excluded),
        *(f"--aptopt={option}" for option in mirror.apt_options()),
        f"--customize-hook={MANIFEST_HOOK}",
        image.suite,
        "-",
        *sources,
    ]
    environment = os.environ | {"INITRD": "No", "LC_ALL": "C.UTF-8"}
    with tar.open("wb") as out:
        done = subprocess.run(argv, stdout=out, env=environment, check=False)
    if done.returncode:
        raise LabError(
            f"mmdebstrap could not make {image.suite} (status {done.returncode}): see its words "
            f"above. It took packages from:\n  " + "\n  ".join(sources)
        )


def make_disk(tar: Path, unpacked: Path, disk: Path, size: int, root: bool) -> None:
    """Make the ext4 file; without root in a user namespace that has a whole range of ids."""
    unpacked.mkdir()
    prefix = [] if root else ["unshare", "--map-root-user", "--map-auto"]
    environment = os.environ | {"PATH": os.pathsep.join((os.environ["PATH"], *tools.SBIN))}
    shell = [*prefix, "sh", "-c", MAKE_DISK, "sh", str(tar), str(unpacked), str(disk), f"{size}"]
    shell[-1] = f"{size // 1024}k"
    clean = [*prefix, "rm", "-rf", str(unpacked)]
    done = subprocess.run(shell, env=environment, check=False)
    subprocess.run(clean, check=False)
    if done.returncode:
        raise LabError(f"the disk could not be made (status {done.returncode}): see above")


def extract(tar: Path, directory: Path) -> None:
    """Take what boots the VM, and the list of packages, out of the tar file."""
    with tarfile.open(tar) as archive:
        members = {member.name.removeprefix("./"): member for member in archive}

        def content(name: str) -> bytes:
            file = archive.extractfile(members[name])
            if file is None:
                raise LabError(f"{name} in the image is no file")
            return file.read()

        (kernel,) = (name for name in members if name.startswith("boot/vmlinuz-"))
        version = kernel.removeprefix("boot/vmlinuz-")
        below = next(
            name
            for name in (f"usr/lib/modules/{version}", f"lib/modules/{version}")
            if f"{name}/modules.dep" in members
        )
        order = initramfs.modules(
            content(f"{below}/modules.dep").decode(), content(f"{below}/modules.builtin").decode()
        )
        busybox = next(name for name in ("usr/bin/busybox", "bin/busybox") if name in members)
        base = initramfs.base(
            content(busybox), [(path, content(f"{below}/{path}")) for path in order]
        )
        config = content(kernel.replace("vmlinuz", "config", 1)).decode()
        (directory / "vmlinuz").write_bytes(kernels.unpack(content(kernel), config))
        (directory / "base.cpio").write_bytes(base)
        packages = lock.parse_manifest(content(MANIFEST).decode())
        text = json.dumps([package._asdict() for package in packages], indent=1)
        (directory / "packages.json").write_text(text + "\n")
