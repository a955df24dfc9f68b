package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const aliceInFile = "[work]\naws_access_key_id = " + aliceID + "\naws_secret_access_key = " + aliceSecret + "\n"

// store opens the world's keystore beside awsexec, as a program would that takes no lock of a key.
func (w *world) store() *keystore.Store {
	w.t.Helper()
	env := func(name string) string { return w.env[name] }
	s, err := keystore.OpenFile(keystore.Options{
		Dir: w.home + "/data/awsexec", Env: env, WorkFactor: 1,
		Passphrase: func(_ context.Context, _ bool) ([]byte, error) { return []byte(w.env["AWSEXEC_PASSPHRASE"]), nil },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// Wherever a rotation is, nobody changes its key or stores another copy of it, and a copy that is there all the same ends it.
func TestRotateAloneChangesItsKey(t *testing.T) {
	writers := map[string]struct {
		stdin string
		args  []string
		say   string
	}{
		"add":    {aliceID + "\n" + aliceSecret, []string{"add", "work", "--stdin", "--force"}, `key "work": another awsexec is changing it`},
		"remove": {"", []string{"remove", "work", "--yes"}, `key "work": another awsexec is changing it`},
		"import": {"", []string{"import", "work", "--yes", "--force"}, `key of profile "work": another awsexec is changing it`},
		"rotate": {"", []string{"rotate", "work", "--yes"}, `key "work": another awsexec is changing it`},
		"copy":   {aliceID + "\n" + aliceSecret, []string{"add", "other", "--stdin"}, "key AKIA…CE01: another awsexec is changing it"},
	}
	for _, action := range []string{"ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"} {
		for name, tt := range writers {
			if name == "import" && action != "UpdateAccessKey" {
				continue // a key that is in a file already keeps the rotation from beginning
			}
			t.Run(action+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.add("work")
				entered, release := w.server.Hold(action)
				defer release()
				run := w.background(t.Context(), "rotate", "work", "--yes")
				<-entered
				if name == "import" {
					w.write(".aws/credentials", aliceInFile)
				}
				r := w.run(tt.stdin, tt.args...)
				if r.code != exitFailed || !strings.Contains(r.err, tt.say) || !strings.Contains(r.err, "hint: wait until it has finished") {
					t.Errorf("exit code %d\n%s", r.code, r.err)
				}
				w.write(".aws/credentials", "")
				release()
				if r := <-run; r.code != 0 {
					t.Errorf("rotate: exit code %d\n%s", r.code, r.err)
				}
				if id := w.onlyKey(aliceARN); id == aliceID || w.usable("work") != id {
					t.Errorf("the key at AWS is %s, the stored one %s", id, w.usable("work"))
				}
			})
		}
	}
}

// Whoever goes around the lock, as a restored backup does, ends the rotation before it takes the old key out of use.
func TestRotateSeesWhatIsCurrent(t *testing.T) {
	alice := aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: aliceSecret}
	for name, change := range map[string]func(w *world){
		"old key": func(w *world) { w.put("work", alice) },
		"removed": func(w *world) {
			if err := w.store().Delete(w.t.Context(), "work"); err != nil {
				w.t.Error(err)
			}
		},
		"copy": func(w *world) { w.put("other", alice) },
		"file": func(w *world) { w.write(".aws/credentials", aliceInFile) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.add("work")
			entered, release := w.server.Hold("UpdateAccessKey")
			defer release()
			run := w.background(t.Context(), "rotate", "work", "--yes")
			<-entered
			change(w)
			release()
			r := <-run
			if r.code != exitFailed || !strings.Contains(r.err, "is not finished: ") || !strings.Contains(r.err, "hint: ") {
				t.Errorf("exit code %d\n%s", r.code, r.err)
			}
			if keys := w.server.AccessKeys(aliceARN); len(keys) != 2 || !keys[aliceID] {
				t.Errorf("the keys at AWS are %v, want both, active", keys)
			}
			if w.server.Calls("DeleteAccessKey") != 0 {
				t.Error("a key was deleted")
			}
		})
	}
}

func (w *world) put(name string, key aws.Credentials) {
	w.t.Helper()
	if err := w.store().Put(w.t.Context(), name, key); err != nil {
		w.t.Error(err)
	}
}

// The old key of a rotation that was not finished is about to be deleted: nobody stores it once more.
func TestAddOfAKeyToBeDeleted(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.server.Forbid("UpdateAccessKey", ststest.Always)
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not finished")
	for _, name := range []string{"work", "other"} {
		w.refuse(exitFailed, aliceID+"\n"+aliceSecret, []string{"add", name, "--stdin", "--force"},
			`key AKIA…CE01 is about to be deleted at AWS: the rotation of key "work" is not finished`, "hint: finish it: awsexec rotate work")
	}
	w.write(".aws/credentials", strings.Replace(aliceInFile, "work", "other", 1))
	w.write(".aws/config", "[profile other]\n")
	r := w.run("", "import", "--yes")
	if r.code != exitFailed || !strings.Contains(r.err, "is about to be deleted at AWS") {
		t.Errorf("import: exit code %d\n%s", r.code, r.err)
	}
	w.write(".aws/credentials", "")
	w.server.Forbid("UpdateAccessKey", ststest.Never)
	w.ok("", "rotate", "work", "--yes")
	w.refuse(exitFailed, aliceID+"\n"+aliceSecret, []string{"add", "work", "--stdin", "--force"}, "nothing was stored", "InvalidClientTokenId")
	if w.usable("work") != w.onlyKey(aliceARN) {
		t.Error("the key does not work")
	}
}

// A key that another awsexec is changing keeps none of the others from being moved, in whatever order they are named.
func TestImportWhileAKeyIsChanged(t *testing.T) {
	w := newWorld(t)
	w.write(".aws/config", "[profile b]\n[profile a]\n")
	w.write(".aws/credentials", "[b]\naws_access_key_id = "+bobID+"\naws_secret_access_key = "+bobSecret+"\n"+
		"[a]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n")
	release, err := w.store().LockKey(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	r := w.run("", "import", "--yes")
	if r.code != exitFailed || !strings.Contains(r.err, `key of profile "a": another awsexec is changing it`) ||
		!strings.Contains(r.err, "1 of 2 keys cannot be moved") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	if w.usable("b") != bobID {
		t.Error("the other key was not moved")
	}
	release()
	w.ok("", "import", "--yes")
	if w.usable("a") != aliceID {
		t.Error("the key was not moved")
	}
}

// A rotation that was killed before it had a journal, or when it had none any more, leaves word of it in the index alone.
func TestAddEndsARotationWithoutJournal(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	index := w.read("data/awsexec/keystore.index.json")
	w.write("data/awsexec/keystore.index.json", strings.Replace(index, `"access_key_id"`, `"rotating": true, "access_key_id"`, 1))
	if r := w.ok("", "list"); !strings.Contains(r.err, "rotation") {
		t.Fatalf("list says %q", r.err)
	}
	w.ok(bobID+"\n"+bobSecret, "add", "work", "--stdin", "--force")
	if r := w.ok("", "list"); strings.Contains(r.err, "rotation") {
		t.Errorf("list says %q", r.err)
	}
}
