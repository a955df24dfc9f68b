// Users, access keys, roles and web identities.

package ststest

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// User is an IAM user, or an account's root user, with its first access key.
type User struct {
	Partition string // "" means "aws"
	Account   string // 12 digits
	Name      string // ignored for root
	Root      bool

	// AccessKeyID and SecretAccessKey are both empty for a user without a key.
	AccessKeyID     string
	SecretAccessKey string

	// MFASerial and MFASecret, the seed of its codes, describe the user's
	// virtual MFA device. Both are empty for a user without one.
	MFASerial string
	MFASecret []byte

	// OtherMFA are the serial numbers of devices whose codes the server does not
	// take, such as passkeys.
	OtherMFA []string
}

// ARN returns the user's ARN, as GetCallerIdentity does.
func (u User) ARN() string {
	a := arn.ARN{Partition: u.Partition, Service: "iam", AccountID: u.Account, Resource: "user/" + u.Name}
	if a.Partition == "" {
		a.Partition = "aws"
	}
	if u.Root {
		a.Resource = "root"
	}
	return a.String()
}

// Role is an IAM role and the conditions of its trust policy.
type Role struct {
	ARN string

	// MaxSessionDuration is 1 to 12 hours; 0 means 1 hour.
	MaxSessionDuration time.Duration

	// Trust lists who may assume the role: ARNs of users, roles or role
	// sessions, providers of web identities, and, for all principals of an
	// account, its root ARN or its number.
	Trust []string

	ExternalID string // if set, the caller must send it
	RequireMFA bool   // the trust policy requires aws:MultiFactorAuthPresent
}

// WebIdentity is a token from the account's OpenID Connect provider.
type WebIdentity struct {
	Token    string
	Provider string // listed in Role.Trust
	Subject  string
	Audience string
	Expires  time.Time // the zero time means never
}

// user is a User with its current state.
type user struct {
	User
	id        string
	usedSteps map[int64]bool // used MFA codes, by TOTP step
}

// accessKey is a long-term credential. A user may have several.
type accessKey struct {
	id, secret string
	active     bool
	owner      *user
	created    time.Time

	// The remaining refusals and omissions of a key that CreateAccessKey
	// created; see Propagation.
	refuse, unlisted int
	knownFrom        time.Time

	used                    time.Time // the zero time means never
	usedService, usedRegion string
}

var (
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	accessKeyForm = regexp.MustCompile(`^AKIA[A-Z0-9]{16}$`)
)

// AddUser adds a user with its access key, if it has one. It fails if the user
// or the key exists, or if IAM could not hold it.
func (s *Server) AddUser(u User) error {
	name := u.ARN()
	switch {
	case !accountForm.MatchString(u.Account):
		return fmt.Errorf("user %s: account %q is not 12 digits", name, u.Account)
	case u.Name == "" && !u.Root:
		return fmt.Errorf("user %s: missing name", name)
	case (u.MFASerial == "") != (len(u.MFASecret) == 0):
		return fmt.Errorf("user %s: an MFA device needs both serial and secret", name)
	}
	u.MFASecret, u.OtherMFA = slices.Clone(u.MFASecret), slices.Clone(u.OtherMFA)
	added := &user{User: u, id: uniqueID("AIDA", name), usedSteps: make(map[int64]bool)}
	if u.Root {
		added.id = u.Account
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[name] != nil {
		return fmt.Errorf("user %s: already exists", name)
	}
	if u.AccessKeyID != "" || u.SecretAccessKey != "" {
		if err := s.addKey(added, u.AccessKeyID, u.SecretAccessKey); err != nil {
			return err
		}
	}
	s.users[name] = added
	return nil
}

// AddKey adds an access key to the user with this ARN. The key is active at
// once.
func (s *Server) AddKey(userARN, accessKeyID, secretAccessKey string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.users[userARN]
	if owner == nil {
		return fmt.Errorf("user %s: unknown", userARN)
	}
	return s.addKey(owner, accessKeyID, secretAccessKey)
}

func (s *Server) addKey(owner *user, id, secret string) error {
	switch {
	case !accessKeyForm.MatchString(id):
		return fmt.Errorf("user %s: access key ID %q is not AKIA and 16 capitals or digits", owner.ARN(), id)
	case len(secret) != 40:
		return fmt.Errorf("user %s: secret access key has %d characters instead of 40", owner.ARN(), len(secret))
	case s.keys[id] != nil:
		return fmt.Errorf("access key %s: already exists", id)
	}
	s.keys[id] = &accessKey{id: id, secret: secret, active: true, owner: owner, created: s.now()}
	return nil
}

// RemoveKey deletes an access key. Its sessions stay valid, as in AWS. It fails
// if there is no such key.
func (s *Server) RemoveKey(accessKeyID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys[accessKeyID] == nil {
		return fmt.Errorf("access key %s: unknown", accessKeyID)
	}
	delete(s.keys, accessKeyID)
	return nil
}

// SetKeyActive activates or deactivates an access key. It does not change
// sessions. It fails if there is no such key.
func (s *Server) SetKeyActive(accessKeyID string, active bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.keys[accessKeyID]
	if key == nil {
		return fmt.Errorf("access key %s: unknown", accessKeyID)
	}
	key.active = active
	return nil
}

// AddRole adds a role, or replaces the role with the same ARN.
func (s *Server) AddRole(r Role) error {
	parsed, err := arn.Parse(r.ARN)
	if err != nil || parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
		return fmt.Errorf("role %q: not the ARN of a role", r.ARN)
	}
	if slices.Contains(r.Trust, "") {
		return fmt.Errorf("role %s: empty principal in Trust", r.ARN)
	}
	if r.MaxSessionDuration == 0 {
		r.MaxSessionDuration = time.Hour
	}
	if r.MaxSessionDuration < time.Hour || r.MaxSessionDuration > 12*time.Hour {
		return fmt.Errorf("role %s: MaxSessionDuration %v is not between 1 and 12 hours", r.ARN,
			r.MaxSessionDuration)
	}
	r.Trust = slices.Clone(r.Trust)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[r.ARN] = r
	return nil
}

// AddWebIdentity makes a web identity token known to the server.
func (s *Server) AddWebIdentity(w WebIdentity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webIdentities[w.Token] = w
}

// uniqueID returns an ID in IAM's style, always the same for an ARN.
func uniqueID(prefix, arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
