#!/usr/bin/env bash
# Installs the real programs that the tests run against: keyrings, AWS clients and what
# uses them, dialogs with a display, shells, Wine with a compiler for the library that it
# lacks, and a C compiler for -race.
#
# It installs only missing programs, and only where it may: Debian packages with apt-get
# if it runs as root, and the JavaScript client with npm from its lock file. Otherwise it
# prints the command to run. A program that stays missing is not an error, because tests
# skip it, unless AWSEXEC_TEST_REQUIRE=all.
set -euo pipefail
cd "$(dirname "$0")/../.."
js=internal/e2e/testdata/js

has() { command -v "$1" >/dev/null 2>&1; }

# A version manager's shim may hide the system's aws or python3: try all of them.
any() { # any NAME TEST…: check whether a program called NAME passes the test
	local name=$1 path
	shift
	for path in $(type -ap "$name") "/usr/bin/$name"; do
		[ -x "$path" ] && "$@" "$path" && return
	done
	return 1
}
is_aws2() { [[ $("$1" --version 2>/dev/null) == aws-cli/2.* ]]; }
has_boto3() { "$1" -c 'import boto3' 2>/dev/null; }

# Print the Debian packages of missing programs, one per line.
missing() {
	has gcc || printf '%s\n' gcc libc6-dev
	has dbus-daemon || echo dbus
	has gnome-keyring-daemon || echo gnome-keyring
	has keepassxc || echo keepassxc
	has kwalletd5 || echo libkf5wallet-bin
	has docker-credential-pass || echo golang-docker-credential-helpers
	has pass || echo pass
	has oathtool || echo oathtool
	has gpg-agent || printf '%s\n' gpg gpg-agent gpgconf
	any aws is_aws2 || echo awscli
	any python3 has_boto3 || echo python3-boto3
	has node || echo nodejs
	has npm || echo npm
	has sshd || [ -x /usr/sbin/sshd ] || echo openssh-server
	has ssh || echo openssh-client
	has Xvfb || echo xvfb
	has xdotool || echo xdotool
	has swtpm || echo swtpm
	has zenity || echo zenity
	has pinentry-gtk-2 || echo pinentry-gtk2
	has zsh || echo zsh
	has fish || echo fish
	has rclone || echo rclone
	has restic || echo restic
	has kubectl || echo kubernetes-client
	[ -e /usr/share/bash-completion/bash_completion ] || echo bash-completion
	has mandoc || echo mandoc
	has groff || echo groff-base
	if [ "$(uname -m)" = x86_64 ]; then # Wine runs only programs for the same architecture
		has wine || printf '%s\n' wine wine64
		has x86_64-w64-mingw32-gcc || has x86_64-w64-mingw32-gcc-win32 || echo gcc-mingw-w64-x86-64-win32
	fi
}

# The package list may be old, another apt-get may be running, or the network may be
# unreliable: wait and retry.
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
	apt update || echo "cannot update the package list; using the old one" >&2
	apt install --no-install-recommends "$@" && return
	for package in "$@"; do # one unavailable package must not stop the others
		apt install --no-install-recommends "$package" || true
	done
}

if [ "$(uname -s)" = Linux ]; then
	mapfile -t packages < <(missing)
	if [ ${#packages[@]} -gt 0 ]; then
		if ! has apt-get; then
			echo "missing for the tests; the Debian packages are: ${packages[*]}"
		elif [ "$(id -u)" != 0 ]; then
			echo "missing for the tests; install with: sudo apt-get install --no-install-recommends ${packages[*]}"
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
