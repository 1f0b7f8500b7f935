#!/bin/sh
# The tests that need root and a kernel of their own, in fresh lab VMs: two at a time.
#
# An emulated machine is ten times slower than this one. So the usual run takes the files below,
# on the default image with cgroup v2 and v1. FULL=1 takes every test, on both images; as root
# `make native` runs every test on this machine.
set -eu

python=/usr/bin/python3
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=

tests="tests/integration/test_default.py tests/integration/test_run.py"
select="not full"
machines="trixie:v2 trixie:v1"
if [ -n "${FULL:-}" ]; then
    tests=tests/integration
    select="full or not full"
    machines="$machines bookworm:v2 bookworm:v1"
fi

one() {    # IMAGE CGROUP: run the tests in one machine
    # shellcheck disable=SC2086  # one word per file
    "$python" -m lab run --fresh --image "$1" --cgroup "$2" -- \
        python3 -B -m pytest -q -p no:cacheprovider -m "$select" $tests
}

"$python" -m lab build --image trixie >/dev/null
case $machines in *bookworm*) "$python" -m lab build --image bookworm >/dev/null ;; esac

# shellcheck disable=SC2086  # one word per machine
set -- $machines
while [ $# -gt 0 ]; do
    first=$1 second=$2
    shift 2
    one "${second%:*}" "${second#*:}" >"$logs/second" 2>&1 &
    other=$!
    echo "== integration tests on $first"
    one "${first%:*}" "${first#*:}" || failed="$failed $first"
    wait "$other" || failed="$failed $second"
    echo "== integration tests on $second"
    cat "$logs/second"
done

echo "== the checks of parts 01 to 04, on the head"
if [ "$(id -u)" = 0 ] && [ -z "${FULL:-}" ]; then
    sh tools/vmchecks.sh head >"$logs/head" 2>&1 || failed="$failed checks"
else
    "$python" -m lab run --fresh -- sh tools/vmchecks.sh head >"$logs/head" 2>&1 || failed="$failed checks"
fi
tail -n 8 "$logs/head"

if [ -n "$failed" ]; then
    case $failed in *checks*) cat "$logs/head" ;; esac
    echo "vmtests: failed on:$failed" >&2
    exit 1
fi
