"""Reading a bundle: whatever lies at its paths, the answer is a config or one clear line."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anocir.errors import ConfigError, Error
from anocir.spec import bundle
from anocir.spec.default import default_config

TEXT = json.dumps(default_config()).encode()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "rootfs").mkdir()
    (tmp_path / "config.json").write_bytes(TEXT)
    return tmp_path


def failure(directory: Path | str) -> str:
    with pytest.raises(Error) as caught:
        bundle.load(str(directory))
    assert "\n" not in caught.value.message
    return caught.value.message


def test_a_bundle_is_its_path_its_text_and_its_config(made: Path) -> None:
    loaded = bundle.load(str(made))
    assert (loaded.path, loaded.text, loaded.config) == (str(made), TEXT, default_config())


def test_the_path_is_absolute_and_free_of_links(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(made)
    monkeypatch.chdir(made / "rootfs")
    assert bundle.load("..").path == str(made)
    assert bundle.load("../link").path == str(made)


def test_a_missing_bundle(tmp_path: Path) -> None:
    message = failure(tmp_path / "none")
    assert message == f"bundle {tmp_path}/none: no such file or directory"


def test_a_bundle_that_is_a_file(made: Path) -> None:
    message = failure(made / "config.json")
    assert message == f"bundle {made}/config.json: not a directory"


def test_a_missing_config_has_the_words_that_engines_know(tmp_path: Path) -> None:
    message = failure(tmp_path)
    assert message == f"JSON specification file config.json not found in {tmp_path}"


@pytest.fixture
def watchdog() -> Iterator[None]:
    """End a test that hangs in a system call, so that the others still run."""

    def bark(number: int, frame: object) -> None:
        raise TimeoutError("the call did not return")

    before = signal.signal(signal.SIGALRM, bark)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("watchdog")
def test_a_fifo_does_not_hang(made: Path) -> None:
    (made / "config.json").unlink()
    os.mkfifo(made / "config.json")
    assert failure(made) == f"cannot read {made}/config.json: not a regular file"


def test_a_directory_a_device_and_a_socket_are_refused(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = made / "config.json"
    config.unlink()
    config.mkdir()
    assert failure(made) == f"cannot read {config}: not a regular file"
    config.rmdir()
    config.symlink_to("/dev/zero")
    assert failure(made) == f"cannot read {config}: not a regular file"
    config.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(made)
        listener.bind("config.json")
        assert failure(made) == f"cannot open {config}: no such device or address"


def test_a_loop_of_links(made: Path) -> None:
    (made / "config.json").unlink()
    (made / "config.json").symlink_to("config.json")
    assert failure(made).startswith(f"cannot open {made}/config.json: too many levels of symbolic")


def test_an_unreadable_config(made: Path) -> None:
    """Root may read anything, so the program that reads is not root."""
    (made / "config.json").chmod(0)
    for directory in (made, *made.parents):
        if directory.stat().st_mode & 0o5 != 0o5 and directory != Path("/"):
            directory.chmod(0o755)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            bundle.load(str(made))
        except Error as error:
            good = error.message == f"cannot open {made}/config.json: permission denied"
            os._exit(0 if good else 2)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_config_over_the_limit(made: Path) -> None:
    with (made / "config.json").open("r+b") as file:
        file.truncate(bundle.MOST_BYTES + 1)
    assert failure(made) == f"cannot read {made}/config.json: larger than 16 MiB"


def test_a_config_at_the_limit_is_read_whole(made: Path) -> None:
    padding = b" " * (bundle.MOST_BYTES - len(TEXT))
    (made / "config.json").write_bytes(TEXT + padding)
    assert bundle.load(str(made)).text == TEXT + padding


def test_no_file_stays_open(made: Path) -> None:
    before = os.listdir("/proc/self/fd")
    bundle.load(str(made))
    (made / "config.json").write_bytes(b"{")
    failure(made)
    (made / "config.json").unlink()
    (made / "config.json").mkdir()
    failure(made)
    assert os.listdir("/proc/self/fd") == before


def test_a_megabyte_of_config_is_read(made: Path) -> None:
    config: Any = default_config()
    config["process"]["env"] += [f"NAME_{number}={'x' * 50}" for number in range(20_000)]
    text = json.dumps(config).encode()
    assert len(text) > 1_000_000
    (made / "config.json").write_bytes(text)
    assert bundle.load(str(made)).config == config


def test_a_process_alone(made: Path) -> None:
    assert bundle.parse_process(b'{"cwd": "/", "args": ["sh"]}', "p.json") == {
        "cwd": "/",
        "args": ["sh"],
    }
    with pytest.raises(ConfigError) as caught:
        bundle.parse_process(b'{"cwd": "tmp", "args": [], "user": {"uid": -1}}', "p.json")
    assert caught.value.message.startswith("p.json: process.user.uid: found -1")
    assert len(caught.value.violations) == 3
    with pytest.raises(ConfigError, match=r"p\.json: process: found an empty array"):
        bundle.parse_process(b"[]", "p.json")


def test_resources_alone_as_engines_send_them() -> None:
    text = b'{"devices":[],"memory":{"kernel":0},"cpu":{"shares":0},"blockIO":{"weight":0}}\n'
    assert bundle.parse_resources(text, "-") == json.loads(text)
    with pytest.raises(ConfigError, match=r"-: linux\.resources\.cpu\.shares: found -1"):
        bundle.parse_resources(b'{"cpu":{"shares":-1}}', "-")
    with pytest.raises(ConfigError, match=r'linux\.resources\.unified\["\.\./x"\]'):
        bundle.parse_resources(b'{"unified":{"../x":""}}', "-")


def test_the_root_is_taken_from_the_bundle_and_must_be_a_directory(made: Path) -> None:
    loaded = bundle.load(str(made))
    assert bundle.root_path(loaded) == str(made / "rootfs")
    loaded.config["root"]["path"] = str(made / "rootfs" / ".." / "rootfs")
    assert bundle.root_path(loaded) == str(made / "rootfs")
    loaded.config["root"]["path"] = "config.json"
    with pytest.raises(Error, match=f"^invalid rootfs: {made}/config.json is not a directory$"):
        bundle.root_path(loaded)
    loaded.config["root"]["path"] = "none"
    with pytest.raises(Error) as caught:
        bundle.root_path(loaded)
    assert caught.value.message == (f"invalid rootfs: stat {made}/none: no such file or directory")
