#!/usr/bin/env bash
# Installs the real programs that the tests run against: a keyring, AWS clients, dialogs and a display for them, shells, Wine with
# a compiler for what it lacks, and a C compiler for -race.
#
# It installs only what is missing, and only where it may: Debian packages as root with apt-get, the JavaScript client from
# its lock file with npm. Elsewhere it says what to type. Tests skip what is missing, so that is no failure, unless
# AWSEXEC_TEST_REQUIRE=all.
set -euo pipefail
cd "$(dirname "$0")/../.."
js=internal/e2e/testdata/js

has() { command -v "$1" >/dev/null 2>&1; }

# A version manager's shim may stand before the system's aws or python3: any on the PATH or of the system will do.
any() { # any NAME TEST…: some program called NAME passes the test
	local name=$1 path
	shift
	for path in $(type -ap "$name") "/usr/bin/$name"; do
		[ -x "$path" ] && "$@" "$path" && return
	done
	return 1
}
is_aws2() { [[ $("$1" --version 2>/dev/null) == aws-cli/2.* ]]; }
has_boto3() { "$1" -c 'import boto3' 2>/dev/null; }

# The Debian packages of what is missing, one a line.
missing() {
	has gcc || printf '%s\n' gcc libc6-dev
	has dbus-daemon || echo dbus
	has gnome-keyring-daemon || echo gnome-keyring
	any aws is_aws2 || echo awscli
	any python3 has_boto3 || echo python3-boto3
	has node || echo nodejs
	has npm || echo npm
	has Xvfb || echo xvfb
	has xdotool || echo xdotool
	has zenity || echo zenity
	has pinentry-gtk-2 || echo pinentry-gtk2
	has zsh || echo zsh
	has fish || echo fish
	if [ "$(uname -m)" = x86_64 ]; then # else Wine runs nothing of ours
		has wine || printf '%s\n' wine wine64
		has x86_64-w64-mingw32-gcc || has x86_64-w64-mingw32-gcc-win32 || echo gcc-mingw-w64-x86-64-win32
	fi
}

# A machine may have an old package list, another apt-get at work, or a poor network: wait, and try again.
apt() {
	local attempt
	for attempt in 1 2 3; do
		DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" && return
		echo "apt-get $1 failed (attempt $attempt of 3)" >&2
		sleep $((attempt * 5))
	done
	return 1
}

install_packages() { # install_packages PACKAGE…
	local package
	apt update || echo "the package list could not be brought up to date; trying with the one that is here" >&2
	apt install --no-install-recommends "$@" && return
	for package in "$@"; do # one that cannot be had must not keep out the others
		apt install --no-install-recommends "$package" || true
	done
}

if [ "$(uname -s)" = Linux ]; then
	mapfile -t packages < <(missing)
	if [ ${#packages[@]} -gt 0 ]; then
		if ! has apt-get; then
			echo "missing for the tests; these are the names of Debian's packages: ${packages[*]}"
		elif [ "$(id -u)" != 0 ]; then
			echo "missing for the tests; to install: sudo apt-get install --no-install-recommends ${packages[*]}"
		else
			install_packages "${packages[@]}" </dev/null >&2
		fi
	fi
fi

if ! cmp -s $js/package-lock.json $js/node_modules/.awsexec-lock; then
	if has npm; then
		(cd $js && npm ci --no-audit --no-fund) </dev/null >&2 && cp $js/package-lock.json $js/node_modules/.awsexec-lock ||
			echo "npm ci failed in $js: tests of the JavaScript client will be skipped" >&2
	else
		echo "npm is missing: tests of the JavaScript client will be skipped"
	fi
fi

[ "${AWSEXEC_TEST_REQUIRE-}" = all ] || exit 0
still=$(missing)
cmp -s $js/package-lock.json $js/node_modules/.awsexec-lock || still="$still $js/node_modules"
[ -z "$still" ] || {
	echo "AWSEXEC_TEST_REQUIRE=all, and still missing:" $still >&2
	exit 1
}
