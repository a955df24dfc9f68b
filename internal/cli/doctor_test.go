package cli

import (
	"runtime"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/internal/explain"
)

// TestDoctorRemedies: what can be typed is quoted for a shell.
func TestDoctorRemedies(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of PowerShell here")
	}
	w := newWorld(t)
	a, _, _ := w.wiring()
	at := explain.Place{Pos: awsini.Pos{File: "/my files/config", Line: 7}, Key: "region"}
	for want, r := range map[string]doctor.Remedy{
		"unset A B":           doctor.Unset{Variables: []string{"A", "B"}},
		`export A='it'\''s'`:  doctor.Export{Variable: "A", Value: "it's"},
		"awsexec add '$(x)'":  doctor.Awsexec{Args: []string{"add", "$(x)"}},
		`chmod go-rwx "/a b"`: doctor.Restrict{Path: "/a b"},
		`${EDITOR:-vi} +7 "/my files/config"   # region: take it out`: doctor.Edit{At: at, What: "take it out"},
		`${EDITOR:-vi} +7 "/my files/config"   # region: take the key out; or, to use it in place of the stored one (AKIA…CE01): awsexec import "my own" --force`: doctor.Replace{
			At: at, Profile: "my own", Stored: aliceID},
		`aws configure set region eu-west-1 --profile "my own"`:                                 doctor.Configure{Profile: "my own", Setting: "region", Value: "eu-west-1"},
		`aws configure set credential_process "/opt/bin/awsexec --profile work" --profile work`: doctor.Lead{Profile: "work"},
		"awsexec -p work -- CMD":    doctor.RunWith{Profile: "work"},
		"awsexec import work --yes": doctor.Import{Profile: "work"}, // nobody is asked here
		`aws configure set credential_process '/opt/bin/awsexec --profile a" "'\''$'\''b' --profile 'a $b'`: doctor.Lead{Profile: "a $b"},
		"log in again": doctor.Advice{Text: "log in again"},
		"":             doctor.Edit{What: "correct it"},
	} {
		if got := a.adv.remedy(r); got != want {
			t.Errorf("%#v is\n%s, want\n%s", r, got, want)
		}
	}
}
