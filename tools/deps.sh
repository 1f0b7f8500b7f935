#!/bin/sh
# Install the Debian or Ubuntu packages that a job needs, or name the line that does.
# usage: tools/deps.sh demo|lab|test|docs ...
set -eu

packages() {
    case $1 in
        demo) echo python3-venv busybox-static ;;
        lab) echo qemu-system-x86 mmdebstrap e2fsprogs zstd uidmap ;;
        test) echo git python3-jsonschema runc crun busybox-static strace iproute2 procps qemu-user \
            binutils-aarch64-linux-gnu binutils-x86-64-linux-gnu libseccomp2 ;;
        docs) echo chromium fonts-dejavu-core ;;
        *) echo "deps.sh: no such group: $1" >&2; exit 2 ;;
    esac
}

missing=
for group in "$@"; do
    for package in $(packages "$group"); do
        if ! dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
            missing="$missing $package"
        fi
    done
done
[ -n "$missing" ] || exit 0

line="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" != 0 ]; then
    echo "Missing Debian packages. As root, run:" >&2
    echo "    $line" >&2
    exit 1
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
# A machine that has never looked has no list of packages to install from.
apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update -qq
    # shellcheck disable=SC2086  # one word per package
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
