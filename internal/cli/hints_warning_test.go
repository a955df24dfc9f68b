package cli

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
)

func TestHintOfWarning(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&provider.PlaintextKeyError{Profile: "work"}, "move it into the keystore: awsexec import work"},
		{&provider.PlaintextKeyError{Profile: "my work"}, `move it into the keystore: awsexec import "my work"`},
		{fmt.Errorf("profile: %w", &provider.SkewError{Ahead: time.Hour}), "set the clock, or switch on its synchronisation"},
		{errors.New("the session could not be cached"), ""},
	} {
		if got := hintOfWarning(tt.err); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
}
