#!/bin/sh
# need.sh: stops with one clear line where Go or node is missing or too old.
# GO and NODE name the programs; a machine with both prints nothing.
set -eu
go=${GO:-go}
node=${NODE:-node}

stop() {
	echo "Conclave needs $1" >&2
	exit 1
}

# `go env` outside the module, so that an old Go answers too instead of
# refusing go.mod; with GOTOOLCHAIN=auto it would fetch the right one itself.
command -v "$go" >/dev/null || stop "Go 1.26 or later: no '$go' found (https://go.dev/dl/)"
have=$(cd / && "$go" env GOVERSION | sed 's/^go//')
if ! "$go" env GOVERSION >/dev/null 2>&1; then
	stop "Go 1.26 or later: this is $have (https://go.dev/dl/)"
fi

command -v "$node" >/dev/null || stop "node 20 or later: no '$node' found (https://nodejs.org/)"
have=$("$node" --version | sed 's/^v//')
[ "${have%%.*}" -ge 20 ] || stop "node 20 or later: this is $have (https://nodejs.org/)"
