package caller

import (
	"runtime"
	"strings"
)

// kind is what the arguments of a program may say about its name.
type kind int

const (
	plain kind = iota
	many       // one file for many programs: the first argument says which
	shell
	interpreter
)

// syntax is how a shell or an interpreter reads its arguments.
type syntax struct {
	kind kind

	code   string // letters of short flags that take the program itself, as -c does
	module string // flags whose value is the name of the program
	values string // flags with a value, separated by spaces
	word   string // a subcommand before the script
}

// known are the programs that run others by their arguments. Sources: their manual
// pages.
var known = map[string]syntax{
	"busybox": {kind: many}, "toybox": {kind: many}, "coreutils": {kind: many},

	"sh": {kind: shell, code: "c", values: "-o +o -O +O --rcfile --init-file"}, "fish": {kind: shell, code: "c", values: "-C -d -f"},
	"pwsh": {kind: shell, module: "-File -f"}, "cmd": {kind: shell},

	"python": {kind: interpreter, code: "c", module: "-m", values: "-W -X -Q --check-hash-based-pycs"},
	"node":   {kind: interpreter, code: "ep", values: "-r --require --import --loader --experimental-loader -C --conditions --env-file"},
	"bun":    {kind: interpreter, code: "ep", values: "-r --preload --cwd", word: "run"},
	"deno":   {kind: interpreter, values: "-c --config --import-map", word: "run"},
	"ruby":   {kind: interpreter, code: "e", values: "-I -r -C -E"},
	"perl":   {kind: interpreter, code: "eE", values: "-I"},
	"php":    {kind: interpreter, code: "r", module: "-f", values: "-d -c"},
	"java":   {kind: interpreter, module: "-jar -m --module", values: "-cp -classpath --class-path -p --module-path --add-modules"},
}

// others are other names of programs in known.
var others = map[string]string{
	"bash": "sh", "dash": "sh", "zsh": "sh", "ksh": "sh", "mksh": "sh", "ash": "sh", "rbash": "sh", "powershell": "pwsh",
	"pypy": "python", "pythonw": "python", "Python": "python", "nodejs": "node", "javaw": "java", "jruby": "ruby",
}

// syntaxOf returns how the program of that name reads its arguments. Versions are
// part of many names: python3.11.
func syntaxOf(name string) syntax {
	name = strings.TrimRight(name, "0123456789.-")
	if other := others[name]; other != "" {
		name = other
	}
	return known[name]
}

func isKnown(name string) bool { return name == "" || syntaxOf(name).kind != plain }

// base returns the name of the program in the file at path.
func base(path string) string {
	path = strings.TrimSuffix(path, " (deleted)") // so does Linux mark one that was replaced by an upgrade
	if runtime.GOOS == "windows" {
		path = strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
		path = strings.TrimSuffix(path, ".exe")
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

// nameOf returns the name of the program that a file with this name is with these
// arguments, and whether it is a shell that reads commands, or one that has got its
// command.
func nameOf(file string, args []string) (name string, typed, commanded bool) {
	of := syntaxOf(file)
	if (file == "" || of.kind == many) && len(args) > 0 {
		file = strings.TrimPrefix(base(args[0]), "-") // a login shell
		of = syntaxOf(file)
	}
	if of.kind != shell && of.kind != interpreter || len(args) == 0 {
		return file, of.kind == shell, false
	}
	script, code := of.script(args[1:])
	switch {
	case script != "":
		return base(script), false, false
	case of.kind == shell:
		return file, !code, code
	default:
		return file, false, false
	}
}

// script returns the script or module in the arguments of a shell or interpreter,
// "" for none, and whether they hold the program itself.
func (s syntax) script(args []string) (script string, code bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		flag, _, joined := strings.Cut(arg, "=")
		switch {
		case arg == "--" && i+1 < len(args):
			return args[i+1], false
		case arg == s.word && s.word != "":
		case s.isCommand(arg):
			return "", true
		case has(s.module, arg) && i+1 < len(args):
			return args[i+1], false
		case has(s.values, flag) && !joined, s.kind == shell && takesOption(arg):
			i++
		case arg == "" || arg == "-" || arg == "-s" && s.kind == shell || isStream(arg):
			return "", false
		case arg[0] != '-' && arg[0] != '+' && (arg[0] != '/' || runtime.GOOS != "windows"):
			return arg, false
		}
	}
	return "", false
}

// isStream reports whether a script at path is read from a pipe or a terminal, as with
// bash <(…).
func isStream(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// isCommand reports whether arg is the flag that the program itself follows, perhaps
// with others in the same word: -c, -lc, --eval.
func (s syntax) isCommand(arg string) bool {
	switch strings.ToLower(arg) {
	case "--eval", "--print", "--command", "-command", "-encodedcommand", "/c", "/k":
		return true
	}
	letters, short := strings.CutPrefix(arg, "-")
	if !short || strings.HasPrefix(letters, "-") || s.code == "" {
		return false
	}
	if s.kind == shell {
		return strings.ContainsAny(letters, s.code) && !strings.ContainsFunc(letters, func(r rune) bool { return r < 'A' || r > 'z' })
	}
	return letters != "" && strings.ContainsAny(letters[:1], s.code)
}

// takesOption reports whether arg is a group of a shell's short flags that ends with
// -o, whose value follows: -euo pipefail.
func takesOption(arg string) bool {
	return strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg, "o")
}

// has reports whether list, separated by spaces, has the word.
func has(list, word string) bool {
	for item := range strings.FieldsSeq(list) {
		if item == word {
			return true
		}
	}
	return false
}
