package profile

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/near"
)

// NotFoundError reports that neither file has a profile. If the keystore has its
// key, resolve it with [Config.With].
type NotFoundError struct {
	Name string
	Near []string   // at most 3 names that may have been meant, the nearest first
	Bare awsini.Pos // of a section in the config file that was probably meant for it, if there is one: [NAME], without the word profile
}

func (e *NotFoundError) Error() string {
	s := fmt.Sprintf("profile %q: not in the AWS files", e.Name)
	if e.Bare != (awsini.Pos{}) {
		s += fmt.Sprintf("; %s: a profile's section is written %s", e.Bare, awsini.ProfileHeader(e.Name))
	}
	for i, name := range e.Near {
		s += []string{"; nearest: ", ", "}[min(i, 1)] + fmt.Sprintf("%q", name)
	}
	return s
}

func (c *Config) notFound(name string) *NotFoundError {
	return &NotFoundError{Name: name, Near: near.Names(name, c.Names()), Bare: c.Config.Bare[name]}
}
