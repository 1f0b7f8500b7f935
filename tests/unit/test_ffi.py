"""Calls into C: the same with the private core of ctypes and with the public package."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]

CORE = ""
PUBLIC = "import _ctypes; del _ctypes.dlsym\n"

SCRIPT = """
import os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, {repo!r})
from anocir.linux import ffi, libc
print("ctypes" in sys.modules)

proc = os.open("/proc", os.O_RDONLY)
print(hex(libc.filesystem_magic(proc)))
try:
    libc.syscall("setns", -1, 0)
except OSError as error:
    print(error)

memory = ffi.buffer(b"a\\0b")
print(memory.raw, len(memory), ffi.buffer(4).raw)
copy = ffi.function("memcpy")(ffi.word(ffi.address(memory)), b"c\\0d", ffi.word(3))
print(memory.raw, copy == ffi.address(memory))
try:
    ffi.function("no_such_function")
except (OSError, AttributeError) as error:
    print("no_such_function" in str(error))
"""

EXPECTED = """\
0x9fa0
[Errno 9] Bad file descriptor
b'a\\x00b' 3 b'\\x00\\x00\\x00\\x00'
b'c\\x00d' True
True
"""


@pytest.mark.parametrize(("before", "public"), [(CORE, False), (PUBLIC, True)])
def test_calls(before: str, public: bool) -> None:
    script = before + SCRIPT.format(repo=str(REPO))
    done = subprocess.run(
        ["/usr/bin/python3", "-IS", "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (f"{public}\n{EXPECTED}", "")
