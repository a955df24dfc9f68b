package remote

import (
	"fmt"
	"path"
	"strings"
)

// prefix begins the name of a directory on the remote host.
const prefix = "awsexec-ssh-"

// ready begins the line that names the directory: the start files of a shell may have
// printed something before.
const ready = "awsexec-ssh-directory:"

// keeper is the script that keeps the files on the remote host as long as its standard
// input is open: until Close, the end of awsexec or that of the connection. It reads
// the token from the first line, and the AWS config file from the rest up to a line
// with a dot. Then it says where they are. It removes what a keeper left that was
// killed. Everything in it that holds the token is built into the shell, so that no
// list of processes shows it.
const keeper = `umask 077
p=${XDG_RUNTIME_DIR:-/tmp}
[ -d "$p" ] && [ -w "$p" ] || p=/tmp
for o in "$p"/` + prefix + `*; do
  [ -d "$o" ] && [ ! -L "$o" ] && [ -O "$o" ] && [ -f "$o/keeper" ] || continue
  kill -0 "$(cat "$o/keeper")" 2>/dev/null || rm -rf "$o"
done
d=$(mktemp -d "$p/` + prefix + `XXXXXXXXXX") || exit 1
trap "rm -rf \"\$d\"" EXIT
trap "exit 1" HUP INT TERM PIPE
echo $$ >"$d/k" && mv "$d/k" "$d/keeper" && : >"$d/credentials" && : >"$d/config" || exit 1
IFS= read -r t && printf %s "$t" >"$d/token" || exit 1
while IFS= read -r l && [ "$l" != . ]; do printf "%s\n" "$l"; done >"$d/config"
echo "` + ready + `$d"
while read -r l; do :; done`

// directory returns the directory in a line of the keeper's output.
func directory(line string) (dir string, ok bool) {
	_, dir, ok = strings.Cut(strings.TrimRight(line, "\r\n"), ready)
	plain := func(r rune) bool {
		return r == '/' || r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	ok = ok && path.IsAbs(dir) && strings.HasPrefix(path.Base(dir), prefix) && !strings.ContainsFunc(dir, func(r rune) bool { return !plain(r) })
	return dir, ok
}

// quoted returns word for sh.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// portable returns the command line that runs a script of sh in any login shell: sh and
// its relatives, fish, csh. All that could mean something to one of them is written as
// an octal number.
func portable(script string) string {
	var b strings.Builder
	b.WriteString(`exec sh -c 'eval "$(printf %b "`)
	for _, c := range []byte(script) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(" /-_.,:=+", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\0%03o`, c)
		}
	}
	return b.String() + `")"'`
}

// session returns the script that starts the user's command, or a shell, with
// variables set and others taken away.
func session(words []string, set [][2]string, unset []string) string {
	var script strings.Builder
	if len(unset) > 0 {
		fmt.Fprintf(&script, "unset %s\n", strings.Join(unset, " "))
	}
	for _, kv := range set {
		fmt.Fprintf(&script, "export %s=%s\n", kv[0], quoted(kv[1]))
	}
	if len(words) == 0 {
		return script.String() + `exec "$SHELL" -l`
	}
	return script.String() + `exec "$SHELL" -c ` + quoted(strings.Join(words, " "))
}
