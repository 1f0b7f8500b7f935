"""The last step into the container's program, which must not leave the host's Python behind it.

Until that step /proc/self/exe is the host's interpreter, and a container that gets hold of it can
write to it (CVE-2019-5736). So the runtime first becomes a tiny program in a sealed memfd, and
only that one executes what the container brought. See docs/design/exec-stub.md.
"""

from __future__ import annotations

import _signal
import errno
import fcntl
import os
import stat
import struct

from anocir.errors import Error
from anocir.linux.stub_code import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from anocir.linux.seccomp import Filter

NO_STUB = -1
NO_ERROR_FD = -1

MFD_EXEC = 0x10  # linux/memfd.h, since Linux 6.3; os has no name for it
_MEMFD_NAME = "anocir-exec"
_MEMFD_FLAGS = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_FIRST_AFTER_STDIO = 3

# fs/binfmt_script.c reads so much of a file, fs/exec.c follows so many interpreters.
_SCRIPT_HEAD = 256
_SCRIPT_DEPTH = 5

_FAILED = (b"exec", b"seccomp")

# The file ends with the number of instructions of a filter, its flags, and the instructions; where
# its one segment has the sizes in file and memory (elf(5), p_filesz and p_memsz).
_NO_FILTER = struct.pack("<II", 0, 0)
_SIZES = 64 + 32


def supported() -> bool:
    """Return whether there is a stub for this machine (uname(2))."""
    return os.uname().machine in CODE


def open_stub(filter: Filter | None = None) -> int:
    """Return a close-on-exec fd of the sealed stub, or NO_STUB on a machine that has none.

    The stub loads ``filter`` just before it executes the program, so that all which the program's
    start needs of the filter is execve. The process must have no_new_privs set by then.

    Call it before the process enters the container: vm.memfd_noexec belongs to a pid namespace.
    The fd needs no /proc and survives pivot_root. Its file may be executed by all and read by
    none, so that the kernel makes the running stub non-dumpable wherever the user is not root.
    Raises Error. See memfd_create(2), fcntl(2) on seals.
    """
    if not supported():
        return NO_STUB
    try:
        memfd = _memfd()
        try:
            os.write(memfd, _file(CODE[os.uname().machine], filter))
            os.fchmod(memfd, 0o111)
            fcntl.fcntl(memfd, fcntl.F_ADD_SEALS, _SEALS)
            return fcntl.fcntl(memfd, fcntl.F_DUPFD_CLOEXEC, _FIRST_AFTER_STDIO)
        finally:
            os.close(memfd)
    except OSError as error:
        raise Error(_refused(error)) from error


def execve(
    stub_fd: int,
    path: str,
    argv: list[str],
    env: dict[str, str],
    error_fd: int,
    *,
    filter: Filter | None = None,
) -> NoReturn:
    """Become ``path`` with ``argv`` and ``env`` by way of the stub. Does not return.

    ``error_fd`` is a pipe or FIFO, or NO_ERROR_FD. Whoever reads it sees the end of the file when
    the program runs, and otherwise the line that `failure` understands; the program's stderr then
    has "exec PATH: text", and the exit status is 255. With NO_STUB it is the same without a stub,
    for other machines and for a program with an LSM exec label, which the stub would use up;
    ``filter`` is then loaded here.

    A seccomp filter that is in force before must allow execve and should allow fcntl and write.
    Where it refuses fcntl, error_fd closes when the stub starts. Where it refuses execveat, the
    stub is executed through /proc/self/fd, if that is really there.

    Raises OSError when the stub itself cannot be executed.
    """
    program = _encoded([path, *argv])
    environment = dict(zip(_encoded(list(env)), _encoded(list(env.values())), strict=True))
    if stub_fd == NO_STUB:
        _execve_directly(program[0], program[1:], environment, error_fd, filter)
    words = [b"%d" % _inheritable(error_fd), *program]
    try:
        os.execve(stub_fd, words, environment)
    except OSError:
        link = f"/proc/self/fd/{stub_fd}"
        if not _same_file(link, stub_fd):
            raise
        os.execve(link, words, environment)


def failure(data: bytes) -> tuple[str, int] | None:
    """Return what failed, "exec" or "seccomp", and its errno, from what came through ``error_fd``.

    None stands for success.
    """
    word, _, rest = data.partition(b": ")
    code, end, _ = rest.partition(b"\n")
    if word not in _FAILED or not end or not code.isdigit():
        return None
    return word.decode(), int(code)


def describe(code: int) -> str:
    """Return the text that the stub has for an errno: strerror(3), beginning in lower case."""
    text = os.strerror(code)
    return text[:1].lower() + text[1:]


def interpreter() -> os.stat_result:
    """Return the stat of the host's interpreter. Call it before the clone, on the host's /proc."""
    return os.stat("/proc/self/exe")


def check_target(path: str, interpreter: os.stat_result) -> None:
    """Refuse to execute the runtime's own interpreter, also as what `#!` lines lead to.

    This gives a clear message; the stub is what makes it safe. ``path`` and the relative paths in
    `#!` lines are taken from the working directory and root of the caller. A file that cannot be
    read is left to execve, which says what is wrong with it. Raises Error.
    """
    asked = path
    for _ in range(1 + _SCRIPT_DEPTH):
        try:
            found = os.stat(path)
        except OSError:
            return
        if os.path.samestat(found, interpreter):
            raise Error(f"refusing to execute the runtime's own interpreter: {asked}")
        if not stat.S_ISREG(found.st_mode):
            return
        path = _script_interpreter(path)
        if not path:
            return


def _memfd() -> int:
    """Return a memfd that may be executed; kernels before 6.3 know no other and no MFD_EXEC."""
    try:
        return os.memfd_create(_MEMFD_NAME, _MEMFD_FLAGS | MFD_EXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.memfd_create(_MEMFD_NAME, _MEMFD_FLAGS)


def _file(code: bytes, filter: Filter | None) -> bytes:
    """Return the stub with a filter at its end."""
    if filter is None:
        return code
    head = struct.pack("<II", len(filter.program) // 8, filter.flags)
    file = bytearray(code.removesuffix(_NO_FILTER) + head + filter.program)
    struct.pack_into("<QQ", file, _SIZES, len(file), len(file))
    return bytes(file)


def _refused(error: OSError) -> str:
    """Return the words for an `open_stub` that failed."""
    text = f"cannot make the sealed memfd that executes the container's program: {error.strerror}"
    if error.errno == errno.EACCES:
        text += (
            "; vm.memfd_noexec=2 forbids executable memfds in this pid namespace,"
            " `sysctl vm.memfd_noexec=1` allows them to programs that ask for one"
        )
    return text


def _encoded(texts: list[str]) -> list[bytes]:
    """Return the texts as JSON had them, whatever the locale of the caller."""
    return [text.encode("utf-8", "surrogateescape") for text in texts]


def _inheritable(error_fd: int) -> int:
    """Let ``error_fd`` reach the stub. Return NO_ERROR_FD where a seccomp filter forbids that."""
    if error_fd == NO_ERROR_FD:
        return NO_ERROR_FD
    try:
        fcntl.fcntl(error_fd, fcntl.F_SETFD, 0)
    except PermissionError:
        return NO_ERROR_FD
    return error_fd


def _same_file(path: str, fd: int) -> bool:
    """Return whether ``path`` is what ``fd`` has open, which no file of a container can imitate."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except OSError:
        return False


def _execve_directly(
    path: bytes,
    argv: list[bytes],
    env: dict[bytes, bytes],
    error_fd: int,
    filter: Filter | None,
) -> NoReturn:
    """Do what the stub does, without it."""
    failing = b"exec"
    try:
        if error_fd != NO_ERROR_FD:
            fcntl.fcntl(error_fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        if filter is not None:
            failing = b"seccomp"
            filter.load()
            failing = b"exec"
        os.execve(path, argv, env)
    except OSError as error:
        code = error.errno or errno.EIO
        try:
            _signal.pthread_sigmask(_signal.SIG_BLOCK, {_signal.SIGPIPE})
        except OSError:
            pass  # the filter that refused the exec refuses this
        _tell(error_fd, b"%s: %d\n" % (failing, code))
        _tell(2, b"%s %s: %s\n" % (failing, path, describe(code).encode()))
    os._exit(255)


def _tell(fd: int, line: bytes) -> None:
    """Write one line to a reader who may have gone."""
    try:
        os.write(fd, line)
    except OSError:
        pass


def _script_interpreter(path: str) -> str:
    """Return the program that the `#!` line of a regular file names, or "" (execve(2))."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        head = os.read(fd, _SCRIPT_HEAD)
    except OSError:
        return ""
    finally:
        os.close(fd)
    if not head.startswith(b"#!"):
        return ""
    line = head[2:].split(b"\n")[0].split(b"\0")[0]
    words = line.replace(b"\t", b" ").split(b" ")
    return next((os.fsdecode(word) for word in words if word), "")
