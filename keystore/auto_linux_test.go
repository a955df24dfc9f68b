package keystore

import (
	"errors"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/bustest"
)

// TestAuto checks which store KindAuto is, and that only the absence of a
// keyring leads to the file.
func TestAuto(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(t *testing.T)
		file    bool // the user has made a file
		want    Kind
		openErr error
		err     error
		timeout time.Duration
	}{
		{name: "no bus", prepare: func(t *testing.T) { bustest.NoBus(t) }, openErr: ErrUnavailable},
		{name: "no bus, file", prepare: func(t *testing.T) { bustest.NoBus(t) }, file: true, want: KindFile},
		{name: "no service", prepare: func(t *testing.T) { bustest.Start(t, bustest.NoServices) }, want: KindKeyring, err: ErrUnavailable},
		{name: "no service, file", prepare: func(t *testing.T) { bustest.Start(t, bustest.NoServices) }, file: true, want: KindFile},
		{name: "no collection", prepare: withoutCollection, want: KindKeyring, err: ErrUnavailable},
		{name: "no collection, file", prepare: withoutCollection, file: true, want: KindFile},
		{name: "keyring", prepare: func(t *testing.T) { bustest.Start(t, bustest.NoServices).StartKeyring(t) }, want: KindKeyring, err: ErrNotFound},
		{name: "keyring, file", prepare: func(t *testing.T) { bustest.Start(t, bustest.NoServices).StartKeyring(t) }, file: true, want: KindKeyring, err: ErrNotFound},
		{name: "locked, file", prepare: func(t *testing.T) { b := bustest.Start(t, bustest.NoServices); b.StartKeyring(t); b.Lock(t) }, file: true, want: KindKeyring, err: ErrLocked},
		{name: "mute, file", prepare: func(t *testing.T) {
			bustest.Overhear(t, bustest.Start(t, bustest.NoServices).Own(t, bustest.SecretsName))
		}, file: true, want: KindKeyring, err: ErrUnavailable, timeout: 100 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.prepare(t)
			o := testOptions(t.TempDir())
			o.Timeout = row.timeout
			if row.file {
				mustPut(t, openFile(t, o), "dev", testKey(1))
			}
			s, err := Open(KindAuto, o)
			if !errors.Is(err, row.openErr) {
				t.Fatalf("Open: %v, want %v", err, row.openErr)
			}
			if err != nil {
				return
			}
			got, err := s.Get(t.Context(), "dev")
			if !errors.Is(err, row.err) || err == nil && got != testKey(1) {
				t.Errorf("Get: %v, want %v", err, row.err)
			}
			if s.Kind() != row.want {
				t.Errorf("kind %s, want %s", s.Kind(), row.want)
			}
			if row.want == KindFile {
				wantNames(t, s, "dev")
			}
		})
	}
}

func withoutCollection(t *testing.T) {
	bustest.Start(t, bustest.SystemServices)
	bustest.Needs(t, "gnome-keyring-daemon")
}

func TestOpenUnknownKind(t *testing.T) {
	if _, err := Open("vault", testOptions(t.TempDir())); err == nil {
		t.Error("opened")
	}
}
