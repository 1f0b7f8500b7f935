"""The same bundle under runc: what a container sees of itself must be the same.

Where it is not, ``alike.DIFFERENCES`` says what and why.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import alike, bundles, world
from tests.integration.support.alike import RUNC
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import CONFIG_SCHEMA, Runtime

pytestmark = pytest.mark.skipif(RUNC is None, reason="runc is missing: install Debian's runc")


@pytest.fixture
def theirs(tmp_path: Path, template: Path, before: world.View) -> Bundle:
    """A bundle with the config of `runc spec`, without a terminal."""
    assert RUNC is not None
    subprocess.run([RUNC, "spec"], cwd=tmp_path, check=True)
    config: dict[str, Any] = json.loads((tmp_path / "config.json").read_text())
    config["process"]["terminal"] = False
    return bundles.Bundle(tmp_path / "theirs", template, config)


def both(runc: Runtime, anocir: Runtime, bundle: Bundle) -> tuple[str, str]:
    """The output of the bundle's program under runc and under anocir."""
    return runc.any("run", "-b", bundle, "c1").out, anocir.output(bundle, "c1")


def test_runcs_config_is_valid_here(theirs: Bundle) -> None:
    CONFIG_SCHEMA.validate(theirs.config)


def test_status(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    one, other = map(alike.status, both(runc, anocir, theirs.args("cat", "/proc/self/status")))
    assert other == one


@pytest.mark.parametrize(
    "user", [{"uid": 0, "gid": 0}, {"uid": 5, "gid": 6, "additionalGids": [7, 65535]}]
)
def test_in_a_user_namespace(
    runc: Runtime, anocir: Runtime, theirs: Bundle, user: dict[str, Any]
) -> None:
    """With maps that leave the rootfs its owner, since runc opens it as the container's root."""
    theirs.linux["namespaces"].append({"type": "user"})
    several = [{"containerID": 0, "hostID": 0, "size": 10},
               {"containerID": 10, "hostID": 300000, "size": 65536}]  # fmt: skip
    theirs.linux.update(uidMappings=several, gidMappings=several)
    theirs.process["user"] = user
    script = ("cd /proc/self; cat uid_map gid_map setgroups; stat -c '%n %F %a %u %g %t:%T' /dev/*"
              " /dev/mqueue /dev/pts /dev/shm; cat /proc/self/limits; ulimit -n")  # fmt: skip
    one, other = both(runc, anocir, theirs.script(script))
    assert other == one and "300000" in one
    one, other = map(alike.status, both(runc, anocir, theirs.args("cat", "/proc/self/status")))
    assert other == one


def test_mounts(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    one, other = map(alike.mounts, both(runc, anocir, theirs.args("cat", "/proc/self/mountinfo")))
    assert other == one


def test_dev(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    script = ("cd /dev; stat -c '%n %F %a %u %g %t:%T' . * pts/*;"
              "for i in *; do echo $i $(readlink $i); done")  # fmt: skip
    one, other = both(runc, anocir, theirs.script(script))
    assert other == one


@pytest.mark.parametrize("args", [["env"], ["cat", "/proc/self/limits"], ["id"], ["pwd"],
                                  ["hostname"], ["cat", "/proc/self/cgroup"], ["ls", "/"],
                                  ["cat", "/proc/net/dev"], ["cat", "/proc/self/oom_score_adj"],
                                  ["cat", "/proc/self/timerslack_ns"], ["echo", "hello"],
                                  ["cat", "/proc/self/personality"]],
                         ids=" ".join)  # fmt: skip
def test_output(runc: Runtime, anocir: Runtime, theirs: Bundle, args: list[str]) -> None:
    """Apart from HOME, the path of cgroups and misc, see alike.DIFFERENCES."""
    one, other = both(runc, anocir, theirs.args(*args))
    one = one.replace("HOME=/root\n", "").replace(":/c1\n", ":/anocir/c1\n")
    one, other = (re.sub(r"\d+:misc:.*\n", "", text) for text in (one, other))
    assert other == one and one


def test_namespaces_are_as_private(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    theirs.args("sleep", "1000")
    private = []
    for runtime in (runc, anocir):
        runtime("run", "-d", "-b", theirs, "c1")
        pid = json.loads(runtime("state", "c1").out)["pid"]
        kinds = os.listdir(f"/proc/{pid}/ns")
        private.append({kind for kind in kinds if os.readlink(f"/proc/{pid}/ns/{kind}")
                        != os.readlink(f"/proc/self/ns/{kind}")})  # fmt: skip
        runtime("delete", "--force", "c1")
    assert private[0] == private[1]


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$; exit 5", 5), ("nosuch-command", 127)],
)
def test_exit_status(
    runc: Runtime, anocir: Runtime, theirs: Bundle, script: str, code: int
) -> None:
    theirs.args("sh", "-c", script)
    assert runc.any("run", "-b", theirs, "c1").code == code
    assert anocir.any("run", "-b", theirs, "c1").code == code


@pytest.mark.parametrize("uid", [0, 1000])
def test_what_is_forbidden(runc: Runtime, anocir: Runtime, theirs: Bundle, uid: int) -> None:
    """The same things fail, for the same reasons."""
    theirs.process["user"] = {"uid": uid, "gid": uid, "additionalGids": [44]}
    script = """
        cd /proc
        for i in sys/kernel/hostname sysrq-trigger bus irq fs kcore keys timer_list acpi scsi; do
            (echo $i; : >> $i; ls -d $i) 2>&1
        done
        cd /sys; (ls firmware; : > power/state; mkdir fs/cgroup/x) 2>&1
        (mknod /dev/shm/x c 1 11; touch /x; mount -t tmpfs t /tmp; hostname new; kill -0 1) 2>&1
        (chown 5 /dev/shm; ls -ld /dev/shm; id) 2>&1
        (mkdir /dev/mqueue/x; umount /proc) 2>&1; :
    """
    one, other = both(runc, anocir, theirs.args("sh", "-c", script))
    assert other == one


POINTS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def test_hooks(runc: Runtime, anocir: Runtime, theirs: Bundle, tmp_path: Path) -> None:
    """As many calls in the same order, of the same documents, but for DIFFERENCES."""
    log = tmp_path / "log"
    log.mkdir()
    theirs.mount("/log", "bind", log, "bind")
    for point in POINTS * 2:
        where = "/log" if point == "startContainer" else log
        hook = {"path": "/bin/sh", "args": ["sh", "-c", f'echo {point} "$(cat)" >> {where}/calls']}
        theirs.config.setdefault("hooks", {}).setdefault(point, []).append(hook)
    found = []
    for runtime in (runc, anocir):
        runtime.background("create", "-b", theirs.args("sleep", "1000"), "c1").wait()
        pid = json.loads(runtime("state", "c1").out)["pid"]
        runtime("start", "c1")
        runtime("delete", "--force", "c1")
        lines = [line.split(" ", 1) for line in (log / "calls").read_text().splitlines()]
        (log / "calls").unlink()
        calls = [(point, json.loads(text)) for point, text in lines]
        for point, document in calls:
            told = document.pop("pid", None)
            assert told == {"createContainer": 1, "startContainer": 1, "poststop": None}.get(
                point, pid
            )
            document.pop("status")
        found.append([call for call in calls if call[0] != "poststart"])
        assert [point for point, _ in calls].count("poststart") == 2
    one, other = found
    assert other == one
    assert [point for point, _ in other] == [p for p in POINTS if p != "poststart" for _ in "12"]


def test_state_has_the_same_keys(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    documents = []
    for runtime in (runc, anocir):
        runtime.background("create", "-b", theirs.args("true"), "c1").wait()
        documents.append(json.loads(runtime("state", "c1").out))
        runtime("delete", "--force", "c1")
    one, other = documents
    assert list(other) == list(one)
    same = ("id", "status", "bundle", "rootfs", "owner")
    assert {key: other[key] for key in same} == {key: one[key] for key in same}


MESSAGES = {
    "already there": ["create", "c0"],
    "bad id": ["create", "a/b"],
    "not there": ["state", "nosuch"],
    "start running": ["start", "running"],
    "delete running": ["delete", "running"],
    "kill stopped": ["kill", "stopped"],
    "start stopped": ["start", "stopped"],
    "bad signal": ["kill", "running", "FROB"],
}


def test_the_words_that_engines_match(runc: Runtime, anocir: Runtime, theirs: Bundle) -> None:
    told = []
    for runtime in (runc, anocir):
        theirs.args("sleep", "1000").write()
        for name in ("c0", "running", "stopped"):
            runtime.background("create", "-b", theirs.path, name).wait()
        runtime("start", "running")
        runtime("kill", "stopped", "KILL")
        world.wait_end(json.loads(runtime("state", "stopped").out)["pid"] or 2**22 - 1)
        words = {}
        for what, argv in MESSAGES.items():
            more = ["-b", str(theirs.path)] if argv[0] == "create" else []
            result = runtime.any(*argv[:1], *more, *argv[1:])
            assert result.code == 1, (what, result)
            words[what] = result.err.strip().replace("\\", "")
        told.append(words)
        for name in ("c0", "running", "stopped"):
            runtime("delete", "--force", name)
    one, other = told
    for what, message in other.items():
        core = message.removeprefix("anocir: ").partition(":")[0]
        assert core in one[what], what
