package exec

import (
	"strings"
	"testing"
)

func TestIsBatch(t *testing.T) {
	for path, want := range map[string]bool{
		`C:\x\cdk.cmd`: true, `C:\x\CDK.BAT`: true, `x.bat`: true, `x.cmd. .`: true, `C:\x.cmd\tool.exe`: false, `x.exe`: false,
		`cmd`: false, `.cmd`: true, `x.bats`: false, ``: false,
	} {
		if isBatch(path) != want {
			t.Errorf("isBatch(%q) is %v", path, !want)
		}
	}
}

func TestBatchLine(t *testing.T) {
	const before, after = `"C:\cmd.exe" /E:ON /V:OFF /D /S /C ""C:\a b\x.cmd"`, `"`
	for _, tt := range []struct {
		arg, want string
	}{
		{`deploy`, `deploy`},
		{`--all`, `--all`},
		{`C:\dir\file`, `C:\dir\file`},
		{`é日`, `é日`},
		{``, `""`},
		{`a b`, `"a b"`},
		{`k=v`, `"k=v"`},
		{`a,b;c`, `"a,b;c"`},
		{`dir\`, `"dir\\"`},
		{`a b\\`, `"a b\\\\"`},
		{`say "hi"`, `"say ""hi"""`},
		{`end\"`, `"end\\"""`},
		{`a\\"b`, `"a\\\\""b"`},
		{`"&calc.exe&"`, `"""&calc.exe&"""`},
		{`a&b|c<d>e^f(g)!h`, `"a&b|c<d>e^f(g)!h"`},
		{`%PATH%`, `"%%cd:~,%PATH%%cd:~,%"`},
		{"tab\there", "\"tab\there\""},
	} {
		got, err := batchLine(`C:\cmd.exe`, `C:/a b/x.cmd`, []string{"x", tt.arg})
		if want := before + " " + tt.want + after; got != want || err != nil {
			t.Errorf("%q: got %s, %v; want %s", tt.arg, got, err, want)
		}
	}
	if got, err := batchLine(`C:\cmd.exe`, `C:\a b\x.cmd`, []string{"x"}); got != before+after || err != nil {
		t.Errorf("without arguments: got %s, %v", got, err)
	}
}

// An argument that a batch file cannot take is an error. The error does not
// quote the argument.
func TestBatchLineRefuses(t *testing.T) {
	for _, arg := range []string{"a\nb", "a\rb", "secret\x00", strings.Repeat("secret", 2000)} {
		line, err := batchLine(`C:\cmd.exe`, `C:\x.cmd`, []string{"x", "good", arg})
		if err == nil || line != "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20q: %v", arg, err)
		}
	}
}
