"""Where Debian's packages come from: the host's own apt configuration, and no name of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

VARIABLE = "ANOCIR_LAB_MIRROR"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
RELEASES = {
    *("stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "duke"),
    *("oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"),
}
SECURITY = "-security"
# What the host says about its way to the mirror holds for the image too.
PASSED_ON = (
    "Acquire::http::",
    "Acquire::https::",
    "Acquire::Check-Valid-Until ",
    "Acquire::Check-Date ",
    "Acquire::Retries ",
    "Acquire::ForceIPv4 ",
    "Acquire::ForceIPv6 ",
)


@dataclass(frozen=True)
class Source:
    """One archive: its address, and the suites that the host takes from it."""

    uri: str
    suites: tuple[str, ...]


def one_line_sources(text: str) -> Iterator[Source]:
    """Entries of the form `deb [options] URI SUITE COMPONENT...` (sources.list(5))."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        words = words[1:]
        if words and words[0].startswith("["):
            while words and not words.pop(0).endswith("]"):
                pass
        if len(words) >= 2:
            yield Source(words[0], (words[1],))


def deb822_sources(text: str) -> Iterator[Source]:
    """Entries as stanzas of fields (sources.list(5), "deb822-style format")."""
    for stanza in "\n".join(line for line in text.splitlines() if not line.startswith("#")).split(
        "\n\n"
    ):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").lower() in {"no", "false"}:
            continue
        for uri in fields.get("uris", "").split():
            yield Source(uri, tuple(fields.get("suites", "").split()))


def host_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """Every binary source that apt uses on this host."""
    found: list[Source] = []
    for path in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))):
        if path.is_file():
            found += one_line_sources(path.read_text(errors="replace"))
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        found += deb822_sources(path.read_text(errors="replace"))
    return found


def lines_for(suite: str, sources: Iterable[Source]) -> list[str]:
    """Lines for `suite`, from the archives out of which the host takes some Debian release.

    An archive of Debian is known by its suites: `bookworm` and `bookworm-security` are names
    that nobody else uses. Empty if there is no such archive.
    """
    main: list[str] = []
    security: list[str] = []
    for source in sources:
        if RELEASES & set(source.suites):
            main.append(f"deb {source.uri} {suite} main")
        if RELEASES & {name.removesuffix(SECURITY) for name in source.suites if SECURITY in name}:
            security.append(f"deb {source.uri} {suite}{SECURITY} main")
    return (main[:1] + security[:1]) if main else []


def lines(suite: str) -> list[str]:
    """The sources of an image of `suite`; LabError if the host names no archive of Debian."""
    told = os.environ.get(VARIABLE, "").split()
    if told:
        suites = (suite, suite + SECURITY)
        found = [f"deb {uri} {name} main" for uri, name in zip(told, suites, strict=False)]
    else:
        found = lines_for(suite, host_sources())
    if not found:
        raise LabError(
            f"no archive of Debian is in /etc/apt/sources.list or sources.list.d. Set {VARIABLE} "
            "to the address of one (and, after a space, of its security archive)"
        )
    return [signed(line) for line in found]


def signed(line: str) -> str:
    """`line` with Debian's keyring, if the host has it: its own apt may trust somebody else."""
    return line.replace("deb ", f"deb [signed-by={KEYRING}] ", 1) if KEYRING.exists() else line


def apt_options() -> list[str]:
    """The host's settings for reaching its archives (proxies, ...), as lines of apt.conf(5)."""
    try:
        dump = subprocess.run(
            ["apt-config", "dump"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [
        line.removesuffix(";")
        for line in dump.splitlines()
        if line.startswith(PASSED_ON) and not line.endswith(' "";')
    ]
