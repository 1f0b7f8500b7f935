"""Descriptors of the caller that go on to the program: --preserve-fds and socket activation."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime


def wrap(files: Sequence[Path], listening: int = 0, pid: str = "$$") -> list[str]:
    """Words that open files from 3 up, and say how many of them are sockets for whom."""
    opening = " ".join(f"{fd}<{shlex.quote(str(path))}" for fd, path in enumerate(files, 3))
    said = f"export LISTEN_FDS={listening} LISTEN_PID={pid};" if listening else ""
    return ["/bin/sh", "-c", f'{said} exec "$@" {opening}', "sh"]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[list[Path]]:
    made = [tmp_path / name for name in ("one", "two", "three", "four")]
    for path in made:
        path.write_text(path.name)
    yield made


def names(anocir: Runtime) -> dict[int, str]:
    """What the running program has from 3 up."""
    found = proc.fds(anocir.pid("c1"))
    return {fd: Path(path).name for fd, path in found.items() if fd > 2}


@pytest.mark.parametrize("command", ["create", "run"])
def test_so_many_and_no_more(
    anocir: Runtime, bundle: Bundle, files: list[Path], command: str
) -> None:
    options = ["--preserve-fds", "2", "-b", str(bundle.args("sleep", "1000")), "c1"]
    if command == "run":
        anocir.quiet("run", "-d", *options, wrap=wrap(files))
    else:
        anocir.quiet("create", *options, wrap=wrap(files))
        anocir.quiet("start", "c1")
    assert names(anocir) == {3: "one", 4: "two"}


def test_the_program_reads_them(anocir: Runtime, bundle: Bundle, files: list[Path]) -> None:
    bundle.script("cat <&3; cat <&4")
    result = anocir("run", "--preserve-fds=2", "-b", bundle, "c1", wrap=wrap(files))
    assert result.out == "onetwo"


def test_without_the_flag_there_are_none(
    anocir: Runtime, bundle: Bundle, files: list[Path]
) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1", wrap=wrap(files))
    assert names(anocir) == {}


@pytest.mark.parametrize("count", ["3", "4", "99999", "9" * 30])
def test_what_is_not_there_is_an_error(
    anocir: Runtime, bundle: Bundle, files: list[Path], count: str
) -> None:
    options = ["--preserve-fds", count, "-b", str(bundle)]
    message = anocir.fails("create", *options, "c1", wrap=wrap(files[:2]))
    assert message == f"unable to stat preserved-fd 5 (of {int(count)} fds): it is not open"


def test_the_runtimes_own_log_is_not_passed_on(
    anocir: Runtime, bundle: Bundle, files: list[Path], tmp_path: Path
) -> None:
    """It gets the first free number, where the caller was meant to have something."""
    options = ["--preserve-fds", "3", "-b", str(bundle)]
    globals = ["--log", tmp_path / "log"]
    message = anocir.fails("create", *options, "c1", wrap=wrap(files[:2]), globals=globals)
    assert "preserved-fd 5" in message


@pytest.mark.parametrize("count", ["-1", "x", "1.0", "", "٣"])
def test_what_is_no_number(anocir: Runtime, bundle: Bundle, count: str) -> None:
    message = anocir.fails("create", f"--preserve-fds={count}", "-b", bundle, "c1")
    assert "--preserve-fds" in message and "not a number" in message


def test_socket_activation(anocir: Runtime, bundle: Bundle, files: list[Path]) -> None:
    """The sockets come first, then what --preserve-fds asks for; the program is told of them."""
    bundle.args("sleep", "1000")
    options = ["-d", "--preserve-fds", "1", "-b", str(bundle), "c1"]
    anocir.quiet("run", *options, wrap=wrap(files, listening=2))
    assert names(anocir) == {3: "one", 4: "two", 5: "three"}
    environment = Path(f"/proc/{anocir.pid('c1')}/environ").read_bytes().split(b"\0")
    assert b"LISTEN_FDS=2" in environment and b"LISTEN_PID=1" in environment


def test_sockets_for_another_process(anocir: Runtime, bundle: Bundle, files: list[Path]) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("run", "-d", "-b", bundle, "c1", wrap=wrap(files, listening=2, pid="1"))
    assert names(anocir) == {}
    assert b"LISTEN" not in Path(f"/proc/{anocir.pid('c1')}/environ").read_bytes()


def test_a_directory_that_is_passed_on_is_no_way_out(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """CVE-2024-21626: it is the caller's wish, but the working directory stays inside."""
    bundle.process["cwd"] = "/proc/self/fd/3"
    options = ["--preserve-fds", "1", "-b", str(bundle)]
    message = anocir.fails("create", *options, "c1", wrap=wrap([tmp_path]))
    assert message.startswith(("working directory: ", "make working directory: "))
