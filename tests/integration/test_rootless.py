"""An ordinary user's containers: the user is root in there, and nobody else exists."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import PYTHON, REPO, Runtime

USER = 12345
SUBIDS = 200000
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
MORE = [
    {"containerID": 0, "hostID": USER, "size": 1},
    {"containerID": 1, "hostID": SUBIDS, "size": 65536},
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory of the user's, with a copy of the runtime that the user can read."""
    where = Path(tempfile.mkdtemp(prefix="anocir-user-", dir="/tmp"))
    shutil.copytree(REPO / "anocir", where / "lib/anocir", ignore=shutil.ignore_patterns("*.pyc"))
    (where / "run").mkdir()
    for path in (where, where / "run"):
        os.chown(path, USER, USER)
    yield where
    shutil.rmtree(where)


@pytest.fixture
def anocir(home: Path, before: world.View) -> Iterator[Runtime]:
    """The runtime, started by the user, with the state root that it chooses itself."""
    if subprocess.run([*AS_USER, "unshare", "-U", "true"], check=False).returncode:
        pytest.skip("ordinary users may not make user namespaces here")
    env = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONPATH": str(home / "lib"),
        "XDG_RUNTIME_DIR": str(home / "run"),
    }
    command = (*AS_USER, PYTHON, "-P", "-B", "-m", "anocir")
    runtime = Runtime(home / "run/anocir", home / "output", command, env)
    yield runtime
    for container_id in runtime.ids():
        runtime.any("delete", "--force", container_id)
    left = world.look().since(before)
    world.restore(before)
    assert left == {}


@pytest.fixture
def bundle(anocir: Runtime, home: Path, template: Path, before: world.View) -> Bundle:
    """A bundle with the config of `anocir spec --rootless`, which belongs to the user."""
    made = Bundle(home / "bundle", template, {})
    copy = home / "copy"
    shutil.copytree(made.rootfs, copy, symlinks=True)
    shutil.rmtree(made.rootfs)
    copy.rename(made.rootfs)
    for path in (made.path, made.rootfs, *made.rootfs.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)
    anocir.quiet("spec", "--rootless", "--bundle", str(made.path))
    made.config = json.loads((made.path / "config.json").read_text())
    assert made.linux["uidMappings"] == [{"containerID": 0, "hostID": USER, "size": 1}]
    return made


def test_the_user_is_root_in_there(anocir: Runtime, bundle: Bundle, home: Path) -> None:
    """And `run` says nothing: the missing cgroup is for the log."""
    bundle.script("id -u; id -g; cat /proc/self/uid_map /proc/self/setgroups; echo x > /dev/null;"
                  "hostname; echo $$; touch /tmp/file")  # fmt: skip
    bundle.config["root"]["readonly"] = False
    log = home / "run/log"
    lines = anocir.output(bundle, globals=["--log", log]).splitlines()
    assert lines[:2] == ["0", "0"]
    assert lines[2].split() == ["0", str(USER), "1"]
    assert lines[3:] == ["deny", "anocir", "1"]
    assert os.stat(bundle.rootfs / "tmp/file").st_uid == USER
    assert "no cgroup" in log.read_text()


def test_the_whole_life(anocir: Runtime, bundle: Bundle, home: Path) -> None:
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    assert (home / "run/anocir/c1").stat().st_uid == USER
    assert anocir.state("c1")["status"] == "created"
    anocir.quiet("start", "c1")
    status = proc.status(Path(f"/proc/{anocir.pid('c1')}/status").read_text())
    assert status["Uid"].split() == [str(USER)] * 4
    anocir.quiet("kill", "--all", "c1", "KILL")
    anocir.wait_stopped("c1")
    anocir.quiet("kill", "--all", "c1", "KILL")
    anocir.quiet("delete", "c1")


def test_without_a_user_namespace_a_user_can_do_nothing(anocir: Runtime, bundle: Bundle) -> None:
    bundle.namespace("user")
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith("clone: operation not permitted")
    assert "spec --rootless" in message


def test_a_limit_that_cannot_be_set_is_an_error(anocir: Runtime, bundle: Bundle) -> None:
    for change in ({"cgroupsPath": "/mine"}, {"resources": {"pids": {"limit": 5}}}):
        before = dict(bundle.linux)
        bundle.linux.update(change)
        assert "making cgroup" in anocir.fails("create", "-b", bundle, "c1")
        bundle.config["linux"] = before


def test_supplementary_groups_cannot_be_set(anocir: Runtime, bundle: Bundle) -> None:
    """Not even to what is mapped (CVE-2014-8989); the user's own stay, as nothing can drop them."""
    bundle.process["user"]["additionalGids"] = [0]
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "process.user.additionalGids: setgroups is denied" in message


def test_others_ids_are_not_the_users_to_map(anocir: Runtime, bundle: Bundle) -> None:
    mappings = [{"containerID": 0, "hostID": 0, "size": 1}]
    bundle.linux.update(uidMappings=mappings, gidMappings=mappings)
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith("id maps: ") and "newgidmap" in message


def test_in_a_user_namespace_that_is_there_already(anocir: Runtime, bundle: Bundle) -> None:
    """As under an engine of the user's: root of that one, and no more than it."""
    bundle.namespace("user")
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    bundle.script("id -u; cat /proc/self/uid_map; echo x > /dev/null; hostname")
    wrap = [*AS_USER, "unshare", "--user", "--map-root-user"]
    inner = Runtime(anocir.root, anocir.work, anocir.command[len(AS_USER) :], anocir.env)
    lines = inner.output(bundle, wrap=wrap).splitlines()
    assert (lines[0], lines[1].split(), lines[2]) == ("0", ["0", str(USER), "1"], "anocir")
    bundle.process["user"]["additionalGids"] = [0]
    assert "setgroups is denied" in inner.fails("create", "-b", bundle, "c1", wrap=wrap)


def test_namespaces_of_another_container_are_joined(anocir: Runtime, bundle: Bundle) -> None:
    """The user has rights over them only once in the user namespace."""
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    pid = anocir.pid("c1")
    del bundle.linux["uidMappings"], bundle.linux["gidMappings"], bundle.config["hostname"]
    for kind in ("user", "pid", "ipc", "uts"):
        bundle.namespace(kind, f"/proc/{pid}/ns/{kind}")
    anocir.quiet("run", "-d", "-b", bundle, "c2")
    for kind in ("user", "pid", "ipc", "uts"):
        assert proc.namespace(anocir.pid("c2"), kind) == proc.namespace(pid, kind)


def test_clocks_of_its_own(anocir: Runtime, bundle: Bundle) -> None:
    if not os.path.exists("/proc/self/ns/time"):
        pytest.skip("this kernel has no time namespaces")
    bundle.linux["namespaces"].append({"type": "time"})
    bundle.linux["timeOffsets"] = {"boottime": {"secs": 86400}}
    text = anocir.output(bundle.args("cat", "/proc/self/timens_offsets"))
    assert text.split() == ["monotonic", "0", "0", "boottime", "86400", "0"]


@pytest.mark.parametrize("given", [True, False])
def test_more_ids_come_from_the_setuid_helpers(
    anocir: Runtime, bundle: Bundle, home: Path, given: bool
) -> None:
    """With /etc/passwd and /etc/subuid of this test's own; `given`: the user has these ids."""
    if not Path("/usr/bin/newuidmap").exists():
        pytest.skip("newuidmap is missing: install Debian's uidmap")
    (home / "passwd").write_text(f"root:x:0:0::/:/bin/sh\nanyone:x:{USER}:{USER}::/:/bin/sh\n")
    (home / "subids").write_text(f"anyone:{SUBIDS}:65536\n" if given else "")
    mounts = "".join(
        f"mount --bind {home}/{source} /etc/{name};"
        for source, name in (("passwd", "passwd"), ("subids", "subuid"), ("subids", "subgid"))
    )
    wrap = ["unshare", "-m", "/bin/sh", "-ec", mounts + 'exec "$@"', "sh"]
    bundle.linux.update(uidMappings=MORE, gidMappings=MORE)
    bundle.process["user"] = {"uid": 5, "gid": 6, "additionalGids": [7]}
    # Nothing of the container's environment is asked where the helpers are.
    bundle.process["env"] = ["PATH=/nowhere:/bin"]
    bundle.args("cat", "/proc/self/uid_map", "/proc/self/gid_map", "/proc/self/status")
    if not given:
        message = anocir.fails("create", "-b", bundle, "c1", wrap=wrap)
        assert message.startswith("id maps: /usr/bin/newgidmap: newgidmap: gid range [1-")
        return
    lines = anocir.output(bundle, wrap=wrap).splitlines()
    expected = [[str(n) for n in (m["containerID"], m["hostID"], m["size"])] for m in MORE]
    assert [line.split() for line in lines[:4]] == expected * 2
    status: Any = proc.status("\n".join(lines[4:]))
    assert (status["Uid"].split(), status["Groups"].split()) == (["5"] * 4, ["7"])


def test_without_the_helpers_the_package_is_named(anocir: Runtime, bundle: Bundle) -> None:
    hide = "for i in newuidmap newgidmap; do test ! -e /usr/bin/$i ||"
    hide += ' mount --bind /dev/null /usr/bin/$i; done; exec "$@"'
    bundle.linux.update(uidMappings=MORE, gidMappings=MORE)
    wrap = ["unshare", "-m", "/bin/sh", "-ec", hide, "sh"]
    message = anocir.fails("create", "-b", bundle, "c1", wrap=wrap)
    assert "newgidmap is missing in /usr/bin" in message and "package uidmap" in message


# A filter for system calls


@pytest.mark.parametrize("no_new_privileges", [True, False])
def test_a_filter_and_where_it_is_kept(
    anocir: Runtime, bundle: Bundle, home: Path, no_new_privileges: bool
) -> None:
    bundle.process["noNewPrivileges"] = no_new_privileges
    rules = [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}
    bundle.script("mkdir /dev/shm/a 2>&1 || grep ^Seccomp: /proc/self/status")
    for _ in range(2):
        out = anocir("run", "-b", bundle, "c1").out
        assert out.endswith("No space left on device\nSeccomp:\t2\n")
    (file,) = (home / "run/anocir-cache").iterdir()
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (USER, 0o600)


def test_a_listener_is_refused(anocir: Runtime, bundle: Bundle, home: Path) -> None:
    """Init can't be traced, and so its descriptors can't be taken, by someone without rights."""
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["swapon"], "action": "SCMP_ACT_NOTIFY"}],
        "listenerPath": str(home / "agent"),
    }
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.endswith("; containers of ordinary users can't have SCMP_ACT_NOTIFY")


def test_a_failed_hook_leaves_nothing(anocir: Runtime, bundle: Bundle) -> None:
    """There is no cgroup by which to end what the hook may have left in the container."""
    hook = {"path": "/bin/sh", "args": ["sh", "-c", "echo no >&2; exit 3"]}
    bundle.config["hooks"] = {"createRuntime": [hook]}
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message == "createRuntime hook #0: /bin/sh: exit status 3: no"
    assert anocir.ids() == []
