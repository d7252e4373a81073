#!/bin/sh
# browsers.sh: sees to it that the browser tests find Chromium with its driver,
# and Firefox, and that the race detector finds a C compiler. Installs what is
# missing with apt where it may (root, or sudo without a password); else it says
# in one line what to install. The tests themselves decide whether they skip.
set -eu

have() {
	for program in "$@"; do
		command -v "$program" >/dev/null && return 0
	done
	return 1
}

missing=
have chromium chromium-browser google-chrome || missing="$missing chromium"
have chromedriver || missing="$missing chromium-driver"
have firefox-esr firefox || missing="$missing firefox-esr"
have cc || missing="$missing gcc libc6-dev"
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root="sudo -n"
	sudo -n true 2>/dev/null || as_root=no
fi
if [ "$as_root" = no ] || ! have apt-get; then
	echo "For all tests install (Debian names):$missing"
	exit 0
fi

echo "Installing$missing"
# Two installations at once can fail half-way; the lock's timeout waits.
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"
# $apt and $missing are lists of words.
# shellcheck disable=SC2086
if ! { $apt update && $apt install -y --no-install-recommends $missing >/dev/null; }; then
	echo "apt could not; for all tests install:$missing"
fi
