#!/bin/sh
# Grade a part, or the head, by the checks of parts 01 to 08, as root, here or in the lab VM.
# usage: tools/vmchecks.sh PART
set -eu
repo=$(cd "$(dirname "$0")/.." && pwd)
bin=$(mktemp -d)
work=$(mktemp -d)
sh "$repo/lab/start.sh" "$1" "$work" "$bin" >/dev/null
cd "$repo"
exec "${PYTHON:-python3}" -B -m anocir_check --runtime "$bin/anocir" --through 08 --timeout 120
