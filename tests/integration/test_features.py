"""`features`, as engines read it."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.integration.support.driver import Runtime, schema


def test_it_is_json_and_nothing_else(anocir: Runtime) -> None:
    """CRI-O reads standard error too; dockerd and containerd want these."""
    result = anocir("features")
    assert result.err == "" and result.out.endswith("}\n")
    document = json.loads(result.out)
    schema("features").validate(document)
    assert document["ociVersionMin"] and document["ociVersionMax"]
    assert "rro" in document["mountOptions"]


def test_it_needs_no_state_root(anocir: Runtime) -> None:
    anocir("features")
    assert not anocir.root.exists()


def test_it_has_what_runc_has(anocir: Runtime) -> None:
    """Apart from what is not built here: each difference is named."""
    runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if runc is None:
        pytest.skip("runc is missing: install Debian's runc")
    theirs = json.loads(Runtime(anocir.root, anocir.work, (runc,))("features").out)
    ours = json.loads(anocir("features").out)
    assert set(theirs["hooks"]) <= set(ours["hooks"])
    missing = set(theirs["mountOptions"]) - set(ours["mountOptions"])
    assert missing == {"acl", "noacl"}, "what a filesystem takes itself"
    assert set(theirs["linux"]["capabilities"]) <= set(ours["linux"]["capabilities"])
    assert set(theirs["linux"]["namespaces"]) <= set(ours["linux"]["namespaces"])
