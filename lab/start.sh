#!/bin/sh
# The state in which a chapter starts: a bundle, and the commands of its part and those before.
#
# usage: lab/start.sh PART [DIRECTORY [BIN]]
#
# PART       00, 01, ... or head
# DIRECTORY  gets bundle/: a busybox rootfs, and config.json from lab/bundle.json (default /root/lab)
# BIN        gets the commands: anocir (this part's) and anocir-NN (each earlier part's)
#            (default /usr/local/bin)
#
# `lab part` runs this in the VM. On a machine of your own, give directories of your own. The
# script may run again: files that it does not make stay as they are, and bundle/ is made anew only
# for another part than the last.
set -eu

part=${1:?usage: lab/start.sh PART [DIRECTORY [BIN]]}
directory=${2:-/root/lab}
bin=${3:-/usr/local/bin}
repo=$(cd "$(dirname "$0")/.." && pwd)
busybox=/bin/busybox
made=

command_of() {    # NAME PACKAGE_PARENT: a command that runs the package anocir found there
    [ -d "$2/anocir" ] || return 0
    cat >"$bin/$1" <<END
#!/bin/sh
PYTHONPATH=$2 exec /usr/bin/python3 -P -m anocir "\$@"
END
    made="$made $bin/$1"
}

make_rootfs() {
    mkdir -p "$1/bin" "$1/dev" "$1/etc" "$1/proc" "$1/root" "$1/run" "$1/sys" "$1/tmp" "$1/var"
    chmod 1777 "$1/tmp"
    chmod 700 "$1/root"
    ln -s /run "$1/var/run"
    ln -s bin "$1/sbin"
    cp "$busybox" "$1/bin/busybox"
    chmod 755 "$1/bin/busybox"
    "$1/bin/busybox" --install "$1/bin"    # a hard link for each of its applets
    cat >"$1/etc/passwd" <<END
root:x:0:0:root:/root:/bin/sh
reader:x:1000:1000:reader:/tmp:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
END
    cat >"$1/etc/group" <<END
root:x:0:
tty:x:5:
reader:x:1000:
nogroup:x:65534:
END
    echo "127.0.0.1 localhost" >"$1/etc/hosts"
}

here=$repo
if [ "$part" != head ]; then
    for here in "$repo/parts/$part"-*; do :; done
    [ -d "$here" ] || { echo "lab/start.sh: there is no part $part in $repo/parts" >&2; exit 1; }
fi

mkdir -p "$directory" "$bin"
rm -f "$bin/anocir" "$bin"/anocir-[0-9][0-9]
command_of anocir "$here"
for other in "$repo"/parts/[0-9][0-9]-*; do
    name=${other##*/}
    number=${name%%-*}
    if [ "$part" = head ] || [ "$number" -lt "$part" ]; then
        command_of "anocir-$number" "$other"
    fi
done

[ -z "$made" ] || chmod 755 $made

if [ "$(cat "$directory/.part" 2>/dev/null)" != "$part" ]; then
    # A mount below the old bundle may be the host's own files: stay out of it.
    [ ! -d "$directory/bundle" ] || find "$directory/bundle" -xdev -delete
    make_rootfs "$directory/bundle/rootfs"
    cp "$repo/lab/bundle.json" "$directory/bundle/config.json"
    [ ! -f "$here/toy.py" ] || cp "$here/toy.py" "$directory/toy.py"
    echo "$part" >"$directory/.part"
fi
