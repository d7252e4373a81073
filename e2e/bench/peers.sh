#!/bin/sh
# peers.sh LIVEKIT: gets the servers that make bench compares with: LiveKit into the file LIVEKIT (named
# livekit-server-VERSION), Janus from the distribution where this may install. One that cannot be had is left out of
# the figures, which this says in one line.
set -eu

livekit=$1
version=${livekit##*-}
go=${GO:-go}

if [ ! -x "$livekit" ]; then
	echo "Building LiveKit $version (some minutes)"
	if GOBIN=$(dirname "$livekit")/building "$go" install "github.com/livekit/livekit-server/cmd/server@$version"; then
		mv "$(dirname "$livekit")/building/server" "$livekit"
	else
		echo "LiveKit $version could not be built: it is left out"
	fi
	rm -rf "$(dirname "$livekit")/building"
fi

if ! command -v janus >/dev/null; then
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		echo "Janus is not installed (Debian package janus): it is left out"
		exit 0
	fi
	echo "Installing janus"
	apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
	# $apt is a list of words.
	# shellcheck disable=SC2086
	if $apt update && $apt install -y --no-install-recommends janus >/dev/null; then
		# The package starts a service; the measurement starts its own.
		command -v systemctl >/dev/null && systemctl disable --now janus >/dev/null 2>&1 || true
	else
		echo "apt could not install janus: it is left out"
	fi
fi
