#!/bin/sh
# The tests that need root and a kernel of their own, in fresh lab VMs, the checks of the parts on
# the head, and what the pages say that commands print. Two jobs at a time, since an emulated
# machine keeps one processor busy: the first lane's reports are shown as they come, the second's
# at the end.
#
# The usual run has one machine of each image, one with each version of cgroups. What depends on
# kernel and cgroups runs in both, the rest in one of them, without what takes too long on an
# emulated processor. What depends on neither runs on this machine as root, five times as fast,
# and otherwise some in one machine and the others in the second. FULL=1 takes all tests, in all
# four pairs of image and version. As root, `make native` runs all but the longest here.
set -eu

python=/usr/bin/python3
PYTHON=${PYTHON:-python3}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

both="default run cgroups cgroup_manager limits namespaces mount_namespace mounts"
first="failures vs_runc_configs id_mounts user_namespace settings"
second="devices time_namespace tmpcopyup vs_runc mounts_vs_runc rootless sysctl mount_options"
some="seal lifecycle paths process state_files concurrency"
others="install terminal preserve_fds features hooks hook_failures seccomp escape"
all="$both $first $second $some $others"

files() {    # NAME ...: the files of tests with these names
    printf 'tests/integration/test_%s.py\n' "$@"
}

job() {    # NAME COMMAND ...: run a job; its name is kept if it fails
    name=$1
    shift
    echo "== $name"
    "$@" || echo " $name" >>"$logs/failed"
}

machine() {    # IMAGE CGROUP MARKS NAME ...: tests in one machine
    image=$1 cgroup=$2 marks=$3
    shift 3
    # shellcheck disable=SC2046  # one word per file
    job "integration tests on $image, cgroup $cgroup" \
        "$python" -m lab run --fresh --image "$image" --cgroup "$cgroup" -- \
        python3 -B -m pytest -q -p no:cacheprovider --durations=20 -m "$marks" $(files "$@")
}

here() {    # NAME ...: tests on this machine
    # shellcheck disable=SC2046
    job "integration tests on this machine" "$PYTHON" -m pytest -q $(files "$@")
}

console() {
    job "what the pages say that commands print" "$PYTHON" -m tools.console
}

checks() {
    if [ "$(id -u)" = 0 ] && [ -z "${FULL:-}" ]; then
        job "checks of the parts on the head" sh tools/vmchecks.sh head
    else
        job "checks of the parts on the head" \
            "$python" -m lab run --fresh -- sh tools/vmchecks.sh head
    fi
}

# shellcheck disable=SC2086  # one word per name
first_lane() {
    if [ -n "${FULL:-}" ]; then
        machine trixie v2 "full or not full" $all
        machine trixie v1 "full or not full" $all
    elif [ "$(id -u)" = 0 ]; then
        machine trixie v2 "not full and not native" $both $first
        here $some $others
    else
        machine trixie v2 "not full and not native" $both $first $some
        checks
    fi
}

# shellcheck disable=SC2086
second_lane() {
    if [ -n "${FULL:-}" ]; then
        machine bookworm v1 "full or not full" $all
        machine bookworm v2 "full or not full" $all
        console
        checks
    elif [ "$(id -u)" = 0 ]; then
        machine bookworm v1 "not full and not native" $both $second
        console
        checks
    else
        machine bookworm v1 "not full and not native" $both $second $others
        console
    fi
}

for image in trixie bookworm; do
    "$python" -m lab build --image "$image" >/dev/null
done

second_lane >"$logs/second" 2>&1 &
second=$!
first_lane
wait "$second"
cat "$logs/second"

if [ -f "$logs/failed" ]; then
    echo "vmtests: failed on:" >&2
    cat "$logs/failed" >&2
    exit 1
fi
