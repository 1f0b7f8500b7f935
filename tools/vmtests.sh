#!/bin/sh
# The tests that need root and a kernel of their own, in fresh lab VMs: two at a time, since an
# emulated machine keeps one processor busy.
#
# The usual run has one machine of each image, one with each version of cgroups. What depends on
# kernel and cgroups runs in both, the rest in one of them, without what takes too long on an
# emulated processor. What depends on neither runs on this machine as root, five times as fast,
# and otherwise in the second machine. FULL=1 takes all tests, in all four pairs of image and
# version. As root, `make native` runs all but the longest on this machine.
set -eu

python=/usr/bin/python3
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=

both="default run cgroups cgroup_manager limits namespaces mount_namespace mounts"
first="failures vs_runc_configs id_mounts user_namespace settings seal"
second="devices time_namespace tmpcopyup vs_runc mounts_vs_runc rootless sysctl mount_options"
anywhere="lifecycle paths process state_files concurrency install terminal preserve_fds features
    hooks hook_failures seccomp escape"

one() {    # IMAGE:CGROUP MARKS FILE ...: run tests in one machine
    machine=$1 marks=$2
    shift 2
    "$python" -m lab run --fresh --image "${machine%:*}" --cgroup "${machine#*:}" -- \
        python3 -B -m pytest -q -p no:cacheprovider --durations=20 -m "$marks" "$@"
}

files() {    # NAME ...: the files of tests with these names
    printf 'tests/integration/test_%s.py\n' "$@"
}

pair() {    # MARKS A B: run the tests in $logs/A and $logs/B in machines A and B
    echo "== integration tests on $2, and on $3 beside it"
    # shellcheck disable=SC2046  # one word per file
    one "$3" "$1" $(cat "$logs/$3.files") >"$logs/$3" 2>&1 &
    other=$!
    # shellcheck disable=SC2046
    one "$2" "$1" $(cat "$logs/$2.files") || failed="$failed $2"
    wait "$other" || failed="$failed $3"
    echo "== integration tests on $3"
    cat "$logs/$3"
}

for image in trixie bookworm; do
    "$python" -m lab build --image "$image" >/dev/null
done

# shellcheck disable=SC2086  # one word per name
if [ -n "${FULL:-}" ]; then
    for machine in trixie:v2 bookworm:v1 trixie:v1 bookworm:v2; do
        files $both $first $second $anywhere >"$logs/$machine.files"
    done
    pair "full or not full" trixie:v2 bookworm:v1
    pair "full or not full" trixie:v1 bookworm:v2
    anywhere=
else
    if [ "$(id -u)" != 0 ]; then
        second="$second $anywhere" anywhere=
    fi
    files $both $first >"$logs/trixie:v2.files"
    files $both $second >"$logs/bookworm:v1.files"
    pair "not full and not native" trixie:v2 bookworm:v1
fi

echo "== the other tests, the checks of parts 01 to 07 on the head, and what the pages say that
commands print"
"${PYTHON:-python3}" -m tools.console >"$logs/console" 2>&1 &
console=$!
if [ -n "$anywhere" ]; then
    # shellcheck disable=SC2046,SC2086
    "${PYTHON:-python3}" -m pytest -q $(files $anywhere) || failed="$failed here"
fi
if [ "$(id -u)" = 0 ] && [ -z "${FULL:-}" ]; then
    sh tools/vmchecks.sh head >"$logs/head" 2>&1 || failed="$failed checks"
else
    "$python" -m lab run --fresh -- sh tools/vmchecks.sh head >"$logs/head" 2>&1 \
        || failed="$failed checks"
fi
wait "$console" || failed="$failed console"
cat "$logs/console"
case $failed in *checks*) cat "$logs/head" ;; *) tail -n 3 "$logs/head" ;; esac

if [ -n "$failed" ]; then
    echo "vmtests: failed on:$failed" >&2
    exit 1
fi
