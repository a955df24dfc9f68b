package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	const passed = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter of TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}
`
	tests := []struct {
		name, in string
		failed   bool
		want     []string
		not      []string
	}{
		{"pass", passed + `{"Action":"pass","Package":"p","Elapsed":1.5}` + "\n", false,
			[]string{"pass p 1.5s\n", "1 passed, 0 failed, 0 skipped"}, []string{"chatter"}},
		{"fail", passed + `{"Action":"output","Package":"p","Test":"TestB","Output":"x_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}
`, true, []string{"x_test.go:1: wrong", "fail p", "1 passed, 1 failed"}, []string{"chatter"}},
		{"skip", passed + `{"Action":"output","Package":"p","Test":"TestS","Output":"=== RUN   TestS\n"}
{"Action":"output","Package":"p","Test":"TestS","Output":"    s_test.go:9: no dbus-daemon\n"}
{"Action":"output","Package":"p","Test":"TestS","Output":"--- SKIP: TestS (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestS"}
`, false, []string{"1 skipped", "skipped: p TestS: s_test.go:9: no dbus-daemon\n"}, nil},
		{"figure", `{"Action":"output","Package":"p","Test":"TestF","Output":"    f_test.go:7: figure: 12 points, 0 lost\n"}
{"Action":"pass","Package":"p","Test":"TestF"}
`, false, []string{"\n12 points, 0 lost\n\n1 passed"}, nil},
		{"build", passed + `{"ImportPath":"q","Action":"build-output","Output":"q.go:1: syntax error\n"}
{"ImportPath":"q","Action":"build-fail"}
{"Action":"fail","Package":"q"}
`, true, []string{"q.go:1: syntax error", "fail q"}, nil},
		{"crash", passed + `{"Action":"output","Package":"p","Test":"TestC","Output":"panic: gone\n"}` + "\n", true,
			[]string{"unfinished p TestC\npanic: gone"}, nil},
		{"plain line", passed + "go: cannot find main module", false, []string{"go: cannot find main module"}, nil},
		{"nothing", "", true, []string{"0 passed"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			failed, err := summarize(strings.NewReader(tt.in), &out)
			if err != nil || failed != tt.failed {
				t.Errorf("failed %v, error %v; want failed %v", failed, err, tt.failed)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, out.String())
				}
			}
			for _, not := range tt.not {
				if strings.Contains(out.String(), not) {
					t.Errorf("%q in:\n%s", not, out.String())
				}
			}
		})
	}
}
