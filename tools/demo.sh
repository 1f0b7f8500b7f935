#!/bin/sh
# A container's life in front of your eyes. Run as root, natively or in the lab VM.
# usage: tools/demo.sh PYTHON
set -eu

python=$1
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d /tmp/anocir-demo.XXXXXX)
root=$work/state
bundle=$work/bundle

anocir() { PYTHONPATH="$repo" "$python" -P -m anocir --root "$root" "$@"; }
cleanup() { anocir delete --force demo || true; rm -rf "$work"; }
trap cleanup EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
try() { printf '$ anocir'; printf ' %s' "$@"; printf '\n'; anocir "$@"; }

say "A bundle is a root filesystem and a config.json. Ours holds busybox and nothing else."
mkdir -p "$bundle/rootfs/bin" "$bundle/rootfs/proc"
cp /bin/busybox "$bundle/rootfs/bin/"
for applet in sh ps hostname sleep ls id; do ln -s busybox "$bundle/rootfs/bin/$applet"; done
try spec --bundle "$bundle"
"$python" - "$bundle/config.json" <<'END'
import json, sys
path = sys.argv[1]
config = json.load(open(path))
config["process"]["args"] = ["sh", "-c", "echo I am pid $$ on $(hostname), and all I see is:; ps; sleep 1000"]
json.dump(config, open(path, "w"), indent=2)
END

say "create makes the container's process and stops it just before its program."
try create --bundle "$bundle" demo
try state demo

say "start lets the program go."
try start demo
sleep 1
try list

say "kill sends a signal; SIGKILL from outside ends any container."
try kill demo KILL
while anocir state demo >"$work/now" && ! grep -q '"status": "stopped"' "$work/now"; do sleep 0.1; done
try state demo

say "delete takes away what is left."
try delete demo
try list
say "That was it. The steps of a create, one by one: anocir create --dry-run (see README.md)."
