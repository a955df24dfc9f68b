package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
)

// Unfit is a session that is fresh and was made with a code of the same device, and
// still a code is needed for what was asked for.
type Unfit struct {
	Left  time.Duration // how long the session still lives
	Asked time.Duration // the life that was asked for
	Role  bool          // of a session of a role; otherwise of a session like this one
}

func (u *Unfit) String() string {
	if u.Role {
		return fmt.Sprintf("a role for %s takes a code of its own, AWS allows %s with a session", short(u.Asked), short(maxRoleChained))
	}
	return fmt.Sprintf("a session of %s is a new one, the one at hand has %s left", short(u.Asked), short(u.Left.Round(time.Minute)))
}

// despite returns the session at hand that does not give what k asks for, or nil.
func (m *maker) despite(ctx context.Context, k cache.Key) *Unfit {
	if k.MFASerial == "" || m.NoSession {
		return nil
	}
	base := keyIn(m.Client.Scope())
	base.Base, base.Operation, base.MFASerial = k.Base, "GetSessionToken", k.MFASerial
	s, ok, err := m.Cache.LoadAny(ctx, base, m.Now())
	if err != nil || !ok || !s.Fresh(m.Now()) {
		return nil
	}
	return &Unfit{Left: s.Left(m.Now()), Asked: k.Duration, Role: k.RoleARN != ""}
}
