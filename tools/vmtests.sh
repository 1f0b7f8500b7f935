#!/bin/sh
# The tests that need root and a kernel of their own, in fresh lab VMs: two at a time.
# FULL=1 adds the second image, the long races, and every injection point.
set -eu

python=/usr/bin/python3
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=

select="not full"
machines="trixie:v2 trixie:v1"
if [ -n "${FULL:-}" ]; then
    select="full or not full"
    machines="$machines bookworm:v2 bookworm:v1"
fi

one() {    # IMAGE CGROUP: run the tests in one machine
    "$python" -m lab run --fresh --image "$1" --cgroup "$2" -- \
        python3 -B -m pytest -q -p no:cacheprovider -m "$select" tests/integration
}

"$python" -m lab build --image trixie
case $machines in *bookworm*) "$python" -m lab build --image bookworm ;; esac

set -- $machines
while [ $# -gt 0 ]; do
    first=$1
    second=${2:-}
    shift
    if [ -n "$second" ]; then
        shift
        one "${second%:*}" "${second#*:}" >"$logs/second" 2>&1 &
        other=$!
    fi
    echo "== integration tests on $first"
    one "${first%:*}" "${first#*:}" || failed="$failed $first"
    if [ -n "$second" ]; then
        wait "$other" || failed="$failed $second"
        echo "== integration tests on $second"
        cat "$logs/second"
    fi
done

echo "== the checks of parts 01 to 04, on the head"
"$python" -m lab run --fresh -- sh tools/vmchecks.sh head || failed="$failed checks"

if [ -n "$failed" ]; then
    echo "vmtests: failed on:$failed" >&2
    exit 1
fi
