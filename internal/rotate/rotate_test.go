package rotate

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

// works fails the test unless the key under the name works.
func (w *world) works(at string) {
	w.t.Helper()
	if err := w.knows(w.stored[name]); err != nil {
		w.t.Errorf("%s: the stored key %s does not work; at AWS are %d", at, w.stored[name].AccessKeyID, len(w.atAWS))
	}
}

// done fails the test unless the rotation is over: the key under the name is
// new, and all that there is.
func (w *world) done(at string) {
	w.t.Helper()
	w.works(at)
	if w.stored[name] == first || len(w.atAWS) != 1 || len(w.journals) != 0 || len(w.locked) != 0 {
		w.t.Errorf("%s: stored is %s, %d keys at AWS, %d journals, %d locks", at, w.stored[name].AccessKeyID, len(w.atAWS), len(w.journals), len(w.locked))
	}
}

// A damaged journal does not keep the key from being rotated: a new journal
// replaces it, and the person learns that a key may be left at AWS.
func TestRunWithDamagedJournal(t *testing.T) {
	w := newWorld(t)
	w.damaged = true
	if err := w.rotate(); err != nil {
		t.Fatal(err)
	}
	w.done("at the end")
	if told, ok := w.events[0].(Abandoned); !ok || !told.Unknown {
		t.Errorf("the first event is %#v, want that a key may be left", w.events[0])
	}
}

func TestRun(t *testing.T) {
	w := newWorld(t)
	if err := w.rotate(); err != nil {
		t.Fatal(err)
	}
	w.done("at the end")
	second := fakeKey(2).AccessKeyID
	if want := []Event{Made{second}, Adopted{second}, Deleted{first.AccessKeyID}}; !reflect.DeepEqual(w.events, want) {
		t.Errorf("events are %v, want %v", w.events, want)
	}
	want := []string{
		"Get", "Rotation", "Copies", // what is there
		"WhoAmI", "Get", "AccessKeys", // begin
		"PutRotation", "Get", "CreateAccessKey", "PutRotation", // create
		"WhoAmI", "WhoAmI", "WhoAmI", "Replace", // adopt
		"Get", "Get", "Copies", "DeactivateAccessKey", "WhoAmI", "Get", "Copies", "DeleteAccessKey", "EndRotation", // retire
	}
	if !slices.Equal(w.calls, want) {
		t.Errorf("calls are\n%v\nwant\n%v", w.calls, want)
	}
	if !slices.Equal(w.forgot, []string{first.AccessKeyID}) {
		t.Errorf("the sessions of %v were forgotten", w.forgot)
	}
}

// TestEveryFault: whichever call fails, before or after it has had its effect,
// the key under the name works, and the next run finishes the job.
func TestEveryFault(t *testing.T) {
	count := newWorld(t)
	if err := count.rotate(); err != nil {
		t.Fatal(err)
	}
	for i, what := range count.calls {
		for _, late := range []bool{false, true} {
			at := what + map[bool]string{false: " failed", true: "'s answer was lost"}[late]
			w := newWorld(t)
			w.failAt, w.late = i+1, late
			err := w.rotate()
			var failed *Error
			if !errors.As(err, &failed) || !errors.Is(err, errFault) || failed.Name != name || strings.Contains(err.Error(), ststest.Marker) {
				t.Errorf("%s: %v", at, err)
			} else if _, journal := w.journals[name]; failed.Begun != journal && what != "PutRotation" && what != "EndRotation" {
				t.Errorf("%s: begun is %v, but there is a journal: %v", at, failed.Begun, journal)
			}
			w.works(at)
			if len(w.locked) != 0 {
				t.Errorf("%s: locks are held: %v", at, w.locked)
			}
			if what == "PutRotation" && late && len(w.atAWS) == 1 && len(w.journals) == 0 {
				continue // the new key was taken back
			}
			w.failAt = 0
			if err := w.rotate(); err != nil {
				t.Errorf("%s: a second run: %v", at, err)
			}
			if len(w.journals) == 0 && w.stored[name] == first {
				t.Errorf("%s: the second run did nothing", at)
			}
			w.done(at)
		}
	}
}

// TestChangedMeanwhile: what is not as the rotation left it, or known
// elsewhere, ends it before the old key is lost.
func TestChangedMeanwhile(t *testing.T) {
	plain := awsfiles.PlaintextKey{Profile: "file", Credentials: first}
	changes := map[string]struct {
		change func(w *world)
		want   any // pointer to the kind of error
	}{
		"old key back": {func(w *world) { w.stored[name] = first }, new(*NotCurrentError)},
		"another key":  {func(w *world) { w.stored[name] = fakeKey(9) }, new(*NotCurrentError)},
		"other secret": {func(w *world) {
			w.stored[name] = aws.Credentials{AccessKeyID: w.stored[name].AccessKeyID, SecretAccessKey: ststest.Marker}
		}, new(*NotCurrentError)},
		"removed":        {func(w *world) { delete(w.stored, name) }, new(*NotCurrentError)},
		"copied":         {func(w *world) { w.stored["copy"] = first }, new(*CopyError)},
		"in other store": {func(w *world) { w.elsewhere = map[string]string{first.AccessKeyID: "away"} }, new(*CopyError)},
		"in a file":      {func(w *world) { w.plain = []awsfiles.PlaintextKey{plain} }, new(*CopyError)},
	}
	for what, tt := range changes {
		for _, before := range []string{"DeactivateAccessKey", "WhoAmI"} {
			w := newWorld(t)
			w.before["Replace"] = func() { w.before[before] = func() { tt.change(w) } } // of those after the new key is current
			err := w.rotate()
			if !errors.As(err, tt.want) {
				t.Errorf("%s before %s: %v", what, before, err)
			}
			if len(w.atAWS) != 2 || slices.Contains(w.calls, "DeleteAccessKey") || w.knows(first) != nil {
				t.Errorf("%s before %s: %d keys are left at AWS; the old one: %v", what, before, len(w.atAWS), w.knows(first))
			}
		}
	}
	// Before the new key is current, there is nothing to be lost by going back.
	for what, change := range map[string]func(w *world){
		"another key": func(w *world) { w.stored[name] = fakeKey(9) },
		"removed":     func(w *world) { delete(w.stored, name) },
	} {
		w := newWorld(t)
		w.before["Replace"] = func() { change(w) }
		err := w.rotate()
		var failed *Error
		if !errors.As(err, &failed) || failed.Begun || len(w.journals) != 0 || len(w.atAWS) != 1 || w.knows(first) != nil {
			t.Errorf("%s: %v; %d keys at AWS", what, err, len(w.atAWS))
		}
	}
}

func TestRefusesCopies(t *testing.T) {
	w := newWorld(t)
	w.stored["copy"] = first
	var copied *CopyError
	if err := w.rotate(); !errors.As(err, &copied) || copied.StoredAs != "copy" || len(w.journals) != 0 {
		t.Error(err)
	}
}

func TestAsks(t *testing.T) {
	no := errors.New("no")
	w := newWorld(t)
	w.atAWS["AKIAOTHER"] = awsKey{AccessKey: awsapi.AccessKey{ID: "AKIAOTHER", Created: time.Unix(1, 0)}}
	w.answer = no
	r := w.rotation()
	r.Unattended = false
	if err := r.Run(t.Context()); !errors.Is(err, no) || !reflect.DeepEqual(w.asked, []Question{Replace{first.AccessKeyID, "arn"}}) {
		t.Errorf("%v; asked %v", err, w.asked)
	}
	if len(w.atAWS) != 2 || slices.Contains(w.calls, "PutRotation") {
		t.Error("something was done after a no")
	}
	w.answer, w.asked = nil, nil
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.asked[1].(Delete); !ok || len(w.asked) != 2 {
		t.Errorf("asked %v", w.asked)
	}
	w.done("after a yes")
}

// TestKeyInTheWay: a key that somebody may need stays.
func TestKeyInTheWay(t *testing.T) {
	other := fakeKey(7)
	for what, prepare := range map[string]func(w *world){
		"unattended": func(w *world) {},
		"stored":     func(w *world) { w.stored["other"] = other },
		"elsewhere":  func(w *world) { w.elsewhere = map[string]string{other.AccessKeyID: "away"} },
	} {
		w := newWorld(t)
		w.atAWS[other.AccessKeyID] = active(other)
		prepare(w)
		r := w.rotation()
		r.Unattended = what == "unattended"
		var taken *KeyInTheWay
		err := r.Run(t.Context())
		if !errors.As(err, &taken) || taken.Key.ID != other.AccessKeyID || (taken.Elsewhere != "") != (what == "elsewhere") {
			t.Errorf("%s: %v", what, err)
		}
		if len(w.atAWS) != 2 || len(w.journals) != 0 {
			t.Errorf("%s: something was changed", what)
		}
	}
}

func TestBusy(t *testing.T) {
	for _, lock := range []string{"name " + name, "id " + first.AccessKeyID} {
		w := newWorld(t)
		w.locked[lock] = true
		if err := w.rotate(); !errors.Is(err, errFault) || slices.Contains(w.calls, "WhoAmI") {
			t.Errorf("%s: %v", lock, err)
		}
	}
}

func TestRemains(t *testing.T) {
	made := fakeKey(2)
	for _, tt := range []struct {
		journal keystore.Rotation
		known   string
		want    Remains
	}{
		{keystore.Rotation{}, "", Remains{}},
		{keystore.Rotation{Old: first}, first.AccessKeyID, Remains{Unknown: true}},
		{keystore.Rotation{Old: first}, "x", Remains{KeyIDs: []string{first.AccessKeyID}, Unknown: true}},
		{keystore.Rotation{Old: first, New: made}, first.AccessKeyID, Remains{KeyIDs: []string{made.AccessKeyID}}},
		{keystore.Rotation{Old: first, New: made}, "x", Remains{KeyIDs: []string{first.AccessKeyID, made.AccessKeyID}}},
	} {
		if got := RemainsOf(tt.journal, tt.known); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v, want %v", got, tt.want)
		}
	}
}
