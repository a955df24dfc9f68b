package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// word is a token whose refresh token is its own name.
type word struct {
	name    string
	expires time.Time
	dead    bool // it cannot be renewed
}

func (w word) State() State { return State{Expires: w.expires, Renewable: !w.dead} }

// memory is a Store whose tokens may be changed by another program at each load.
type memory struct {
	now    word
	loads  int
	others map[int]word // what another program has written by the n-th load
	bad    map[int]bool // loads that find half a file
	full   error        // of CheckSave
	unsure error        // of Save
}

func (m *memory) Load(context.Context) (word, error) {
	m.loads++
	if w, ok := m.others[m.loads]; ok {
		m.now = w
	}
	if m.bad[m.loads] {
		return word{}, &SignInError{Reason: Unreadable, Why: errors.New("half a file")}
	}
	return m.now, nil
}

func (m *memory) CheckSave() error { return m.full }

func (m *memory) ID() string { return "memory" }

func (m *memory) Save(_ context.Context, w word) error {
	if m.unsure == nil {
		m.now = w
	}
	return m.unsure
}

var (
	errRefused = &SignInError{Reason: Refused, Why: errors.New("invalid_grant")}
	errNetwork = errors.New("cannot be reached")
)

func TestGet(t *testing.T) {
	good, near, past := word{"good", noon.Add(time.Hour), false}, word{"near", noon.Add(time.Minute), false}, word{"past", noon.Add(-time.Hour), false}
	other, otherPast := word{"other", noon.Add(time.Hour), false}, word{"other, past", noon.Add(-time.Minute), false}
	dead := func(w word) word { w.dead = true; return w }
	made := word{"made", noon.Add(time.Hour), false}
	signIn := func(r Reason) func(error) bool {
		return func(err error) bool {
			e, ok := errors.AsType[*SignInError](err)
			return ok && e.Reason == r
		}
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, tt := range []struct {
		name    string
		store   memory
		renewal map[string]error // of each token that is renewed; the others are a failure of the test
		lock    error
		want    string
		err     func(error) bool
		reports int
	}{
		{name: "fresh", store: memory{now: good}, want: "good"},
		{name: "expired", store: memory{now: past}, renewal: map[string]error{"past": nil}, want: "made"},
		{name: "about to expire", store: memory{now: near}, renewal: map[string]error{"near": nil}, want: "made"},
		{name: "about to expire, network down", store: memory{now: near}, renewal: map[string]error{"near": errNetwork}, want: "near", reports: 1},
		{name: "about to expire, refused", store: memory{now: near}, renewal: map[string]error{"near": errRefused}, want: "near"},
		{name: "about to expire, no refresh token", store: memory{now: dead(near)}, want: "near"},
		{name: "expired, no refresh token", store: memory{now: dead(past)}, err: signIn(Expired)},
		{name: "expired, refused", store: memory{now: past}, renewal: map[string]error{"past": errRefused}, err: signIn(Refused)},
		{name: "expired, network down", store: memory{now: past}, renewal: map[string]error{"past": errNetwork}, err: is(errNetwork)},
		{name: "renewed behind the lock", store: memory{now: past, others: map[int]word{2: other}}, want: "other"},
		{name: "renewed by a program without the lock", store: memory{now: past, others: map[int]word{3: other}},
			renewal: map[string]error{"past": errRefused}, want: "other"},
		{name: "renewed and written down later", store: memory{now: past, others: map[int]word{6: other}},
			renewal: map[string]error{"past": errRefused}, want: "other"},
		{name: "network down here, renewed elsewhere", store: memory{now: past, others: map[int]word{3: other}},
			renewal: map[string]error{"past": errNetwork}, want: "other"},
		{name: "renewed elsewhere and expired again", store: memory{now: past, others: map[int]word{3: otherPast}},
			renewal: map[string]error{"past": errRefused, "other, past": nil}, want: "made"},
		{name: "signed out meanwhile", store: memory{now: past, others: map[int]word{3: dead(otherPast)}},
			renewal: map[string]error{"past": errRefused}, err: signIn(Expired)},
		{name: "half a file", store: memory{now: good, bad: map[int]bool{1: true, 2: true}}, want: "good"},
		{name: "no lock", store: memory{now: past}, renewal: map[string]error{"past": nil}, lock: errors.New("read-only"), want: "made", reports: 1},
		{name: "what comes back cannot be kept", store: memory{now: past, full: errNetwork}, err: is(errNetwork)},
		{name: "what came back was not kept", store: memory{now: past, unsure: errNetwork}, renewal: map[string]error{"past": nil}, want: "made", reports: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			reports, refused := 0, 0
			r := Renewer[word]{
				Store: &tt.store, Now: func() time.Time { return noon }, Report: func(error) { reports++ }, Early: 5 * time.Minute, Patience: time.Minute,
				Lock:    func(context.Context) (func(), error) { return func() {}, tt.lock },
				Refused: func(context.Context, word) { refused++ },
				Renew: func(_ context.Context, old word) (word, error) {
					asked = append(asked, old.name)
					err, expected := tt.renewal[old.name]
					if !expected {
						t.Errorf("%s was renewed", old.name)
					}
					return made, err
				},
			}
			if tt.err != nil || tt.name == "about to expire, refused" {
				r.Patience = 0
			}
			got, err := r.Get(t.Context())
			if tt.err != nil {
				if !tt.err(err) || got != (word{}) {
					t.Errorf("got %v, %v", got, err)
				}
			} else if err != nil || got.name != tt.want {
				t.Errorf("got %s, %v, want %s", got.name, err, tt.want)
			}
			if len(asked) != len(tt.renewal) || len(slices.Compact(asked)) != len(asked) {
				t.Errorf("renewed %q", asked)
			}
			if wantRefused := strings.HasSuffix(tt.name, ", refused"); (refused == 1) != wantRefused || refused > 1 {
				t.Errorf("refused %d times", refused)
			}
			if reports != tt.reports {
				t.Errorf("%d reports", reports)
			}
		})
	}
}

// Who waits for the lock in vain says so, or uses what is still valid.
func TestGetWithoutTurn(t *testing.T) {
	for _, tt := range []struct {
		token word
		ok    bool
	}{{word{"past", noon.Add(-time.Hour), false}, false}, {word{"near", noon.Add(time.Minute), false}, true}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		r := Renewer[word]{
			Store: &memory{now: tt.token}, Now: func() time.Time { return noon }, Report: func(error) {}, Early: 5 * time.Minute,
			Lock: func(ctx context.Context) (func(), error) { cancel(errNetwork); return nil, ctx.Err() },
		}
		got, err := r.Get(ctx)
		if (err == nil) != tt.ok || !tt.ok && !errors.Is(err, errNetwork) || tt.ok && got != tt.token {
			t.Errorf("%s: got %v, %v", tt.token.name, got, err)
		}
	}
}
