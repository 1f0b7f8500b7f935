"""Assemble the exec stubs of tools/stub into anocir/linux/stub_code.py.

Run it after a change of the assembly source; `--check` only says whether the module is up to
date. What the stub is for is in docs/design/exec-stub.md.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent / "stub"
MODULE = Path(__file__).parents[1] / "anocir" / "linux" / "stub_code.py"

# machine (uname(2)) -> how a comment begins in its assembler
MACHINES = {"x86_64": "#", "aarch64": "//"}

HEAD = '''"""The exec stub as machine code, one ELF file for each machine.

Made by `python3 -m tools.stub` from tools/stub/stub-*.S: change those, not this.
"""

from __future__ import annotations
'''

WIDTH = 100

_LISTED = re.compile(r" *(?P<line>\d+) (?:[0-9a-f]{4}|\?{4}) (?P<code>[0-9A-F ]+?) *\t.*")


class StubError(Exception):
    """The stub cannot be made, or is not the one in the module; the message says which."""


def require_assemblers() -> None:
    """Raise StubError naming the Debian packages that this machine lacks."""
    lacking = [machine for machine in MACHINES if not shutil.which(f"{machine}-linux-gnu-as")]
    if lacking:
        packages = " ".join(
            f"binutils-{machine.replace('_', '-')}-linux-gnu" for machine in lacking
        )
        raise StubError(f"no assembler for {' and '.join(lacking)}: apt-get install {packages}")


def assemble(machine: str) -> dict[int, bytes]:
    """Return the bytes of one machine's stub by line of its source.

    The text section is the whole file: nothing in it is relocated, so it needs no linker and no
    flags. The listing says which line gave which bytes, and is checked against the section.
    Raises StubError.
    """
    tool = f"{machine}-linux-gnu-"
    source = SOURCES / f"stub-{machine}.S"
    with tempfile.TemporaryDirectory() as directory:
        built, section = f"{directory}/stub.o", f"{directory}/stub"
        listing = _run(f"{tool}as", "-aln", "--listing-lhs-width=16", "-o", built, str(source))
        _run(f"{tool}objcopy", "-O", "binary", "-j", ".text", built, section)
        code = Path(section).read_bytes()
    matches = filter(None, map(_LISTED.fullmatch, listing.splitlines()))
    lines = {int(match["line"]): bytes.fromhex(match["code"]) for match in matches}
    if b"".join(lines.values()) != code:
        raise StubError(f"the listing of {source.name} is not what was assembled")
    return lines


def render() -> str:
    """Return the text of the module. Raises StubError."""
    require_assemblers()
    text = HEAD
    for machine in MACHINES:
        text += f"\n_{machine.upper()} = bytes.fromhex(\n{_table(machine)})\n"
    names = ", ".join(f'"{machine}": _{machine.upper()}' for machine in MACHINES)
    return f"{text}\nCODE = {{{names}}}\n"


def _table(machine: str) -> str:
    """Return a row for each line of the source that gives bytes, under the source's comments."""
    mark = MACHINES[machine]
    lines = assemble(machine)
    rows = ""
    pending = ""
    label = ""
    for number, line in enumerate((SOURCES / f"stub-{machine}.S").read_text().splitlines(), 1):
        words = " ".join(line.split())
        if not line:
            pending = ""
        elif line.startswith(mark):
            pending += f"    #{line.removeprefix(mark)}\n"
        elif number in lines:
            rows += pending + _row(lines[number], label + words)
            pending = label = ""
        elif line.endswith(":"):
            label = f"{words} "
    return rows


def _row(code: bytes, instruction: str) -> str:
    """Return one row of the table, or two where one is too long."""
    row = f'    "{code.hex()}"'
    comment = f"# {instruction}"
    if len(row) + len(comment) + 2 <= WIDTH:
        return f"{row}  {comment}\n"
    return f"    {comment}\n{row}\n"


def _run(*command: str) -> str:
    """Return what a command printed. Raises StubError with what it complained about."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StubError(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Write the module, or with --check compare it. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.stub", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if it differs")
    check = parser.parse_args().check
    try:
        text = render()
        if check and MODULE.read_text() != text:
            raise StubError(
                f"{MODULE.name} is not what tools/stub gives: run python3 -m tools.stub"
            )
    except StubError as error:
        print(f"stub: {error}", file=sys.stderr)
        return 1
    if not check:
        MODULE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
