package cache

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// lasting is the key of the session of work that was made for d.
func lasting(d time.Duration) Key {
	k := work
	k.Duration = d
	return k
}

// TestLoadAny: the session of the key itself if it is fresh, else a fresh one of
// another life, else the one that lasts longest.
func TestLoadAny(t *testing.T) {
	const own = 2 * time.Hour
	for _, tt := range []struct {
		name string
		left map[time.Duration]time.Duration // of the sessions that there are, by the life asked for
		want time.Duration                   // the life of the right one; 0 for none
	}{
		{"none", nil, 0},
		{"its own", map[time.Duration]time.Duration{own: time.Hour}, own},
		{"its own, before one that lasts longer", map[time.Duration]time.Duration{own: 17 * time.Minute, 12 * time.Hour: 11 * time.Hour}, own},
		{"another, longer", map[time.Duration]time.Duration{12 * time.Hour: 11 * time.Hour}, 12 * time.Hour},
		{"another, shorter", map[time.Duration]time.Duration{15 * time.Minute: 14 * time.Minute}, 15 * time.Minute},
		{"a fresh one before its own", map[time.Duration]time.Duration{own: 15 * time.Minute, 15 * time.Minute: 14 * time.Minute}, 15 * time.Minute},
		{"a fresh one before one that lasts longer", map[time.Duration]time.Duration{12 * time.Hour: 15 * time.Minute, 20 * time.Minute: 11 * time.Minute}, 20 * time.Minute},
		{"of the fresh ones the last", map[time.Duration]time.Duration{time.Hour: 50 * time.Minute, 12 * time.Hour: 11 * time.Hour, 3 * time.Hour: time.Hour}, 12 * time.Hour},
		{"of stale ones the last", map[time.Duration]time.Duration{own: time.Minute, time.Hour: 5 * time.Minute, 3 * time.Hour: 3 * time.Minute}, time.Hour},
		{"its own, stale", map[time.Duration]time.Duration{own: 5 * time.Minute, time.Hour: time.Minute}, own},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCache(t)
			stored := map[string]time.Duration{}
			for life, left := range tt.left {
				s := session(now.Add(left))
				s.Issued = now.Add(left - life)
				s.Credentials.AccessKeyID = "ASIA" + life.String()
				stored[s.Credentials.AccessKeyID] = life
				store(t, c, lasting(life), s)
			}
			s, ok, err := c.LoadAny(t.Context(), lasting(own), now)
			if err != nil || ok != (tt.want != 0) || stored[s.Credentials.AccessKeyID] != tt.want {
				t.Errorf("got that of %v, %v, %v, want that of %v", stored[s.Credentials.AccessKeyID], ok, err, tt.want)
			}
			fresh := time.Time{}
			if ok && s.Fresh(now) {
				fresh = s.Credentials.Expires
			}
			if until := c.Until(lasting(own), true, now); !until.Equal(fresh) {
				t.Errorf("until %v, want %v", until, fresh)
			}
			if until := c.Until(lasting(own), false, now); !until.IsZero() && tt.want != own {
				t.Errorf("its own until %v", until)
			}
		})
	}
}

// TestOtherLives: neither sessions of another identity nor other files count, and
// the order does not depend on that of the directory.
func TestOtherLives(t *testing.T) {
	c := newCache(t)
	stranger := lasting(time.Hour)
	stranger.MFASerial = "arn:aws:iam::123456789012:mfa/me"
	for _, k := range []Key{lasting(time.Hour), lasting(2 * time.Hour), lasting(3 * time.Hour), stranger} {
		store(t, c, k, session(now.Add(time.Hour)))
	}
	for _, name := range []string{".x" + suffix + ".tmp-1", work.Identity() + "-1.other", "x" + suffix} {
		if err := os.WriteFile(filepath.Join(string(c.dir), baseDir(work.Base), name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{lasting(time.Hour).File(), lasting(3 * time.Hour).File()}
	if got := OtherLives(c.dir, lasting(2*time.Hour).File(), now); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestLoadAnyOpensWhatItFinds: a file that does not open hides no other.
func TestLoadAnyOpensWhatItFinds(t *testing.T) {
	c := newCache(t)
	store(t, c, lasting(3*time.Hour), session(now.Add(3*time.Hour)))
	store(t, c, lasting(2*time.Hour), session(now.Add(2*time.Hour)))
	damaged := c.path(lasting(3 * time.Hour))
	data, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(damaged, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, ok, err := c.LoadAny(t.Context(), work, now); err != nil || !ok || !s.Credentials.Expires.Equal(now.Add(2*time.Hour)) {
		t.Errorf("got one that expires %v, %v, %v", s.Credentials.Expires, ok, err)
	}
}

// TestOldFormat: the sessions of an earlier version are no sessions, and are
// removed.
func TestOldFormat(t *testing.T) {
	c := newCache(t)
	store(t, c, lasting(2*time.Hour), session(now.Add(time.Hour)))
	data, err := os.ReadFile(c.path(lasting(2 * time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	data[len(sessionMagic)-1]--
	old := []string{c.path(work), filepath.Join(string(c.dir), baseDir(work.Base), digest("old")+suffix)}
	for _, file := range old {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(c.path(lasting(2 * time.Hour))); err != nil {
		t.Fatal(err)
	}
	if until := c.Until(work, true, now); !until.IsZero() {
		t.Errorf("a session until %v", until)
	}
	if _, ok, err := c.LoadAny(t.Context(), work, now); ok || err != nil {
		t.Errorf("loaded: %v, %v", ok, err)
	}
	store(t, c, lasting(3*time.Hour), session(now.Add(time.Hour)))
	for _, file := range old {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s is left", file)
		}
	}
}
