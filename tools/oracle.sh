#!/bin/sh
# Print the directory with runtime-spec's own schema, from its Go module at the version that the
# project follows: the tests compare our schema with it. Without go, or where the module can't be
# had, say so on standard error and print nothing: those tests are then skipped.
set -u
version=v1.3.0
module=github.com/opencontainers/runtime-spec

if [ -n "${OCI_SCHEMA_DIR:-}" ]; then
    echo "$OCI_SCHEMA_DIR"
    exit 0
fi
if ! command -v go >/dev/null; then
    echo "oracle: no go here, the comparison with runtime-spec's own schema is left out" >&2
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
if go mod init oracle >log 2>&1 && go mod download "$module@$version" >>log 2>&1; then
    echo "$(go list -m -f '{{.Dir}}' "$module@$version")/schema"
else
    cat log >&2
    echo "oracle: $module $version can't be had, the comparison with its schema is left out" >&2
fi
