// The identities of credentials, and new sessions.

package ststest

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Marker begins every secret access key and session token that a Server
// creates, so that a test can search for secrets where they must not be.
const Marker = "S3CR3TMARKER"

// identity is the identity of a credential.
type identity struct {
	arn, userID, account string

	user      *user // the user of long-term keys and GetSessionToken sessions; otherwise nil
	temporary bool  // any session
	mfa       bool  // the session was made with MFA

	roleARN        string    // of a role session
	chained        bool      // a session has assumed the role
	federated      bool      // made by GetFederationToken
	policies       *policies // that the session was made with; nil for none
	sourceIdentity string
	transitiveTags []string // keys that chained sessions inherit
}

// session is a temporary credential.
type session struct {
	secret, token string
	expires       time.Time
	identity      identity
}

// identity returns the identity of the user's long-term keys.
func (u *user) identity() *identity {
	return &identity{arn: u.ARN(), userID: u.id, account: u.Account, user: u}
}

// roleIdentity returns the identity of a role session. The ARN of the role must
// be valid.
func roleIdentity(roleARN, sessionName string) identity {
	role, _ := arn.Parse(roleARN)
	name := role.Resource[strings.LastIndex(role.Resource, "/")+1:]
	as := arn.ARN{Partition: role.Partition, Service: "sts", AccountID: role.AccountID,
		Resource: "assumed-role/" + name + "/" + sessionName}
	return identity{
		arn:       as.String(),
		userID:    uniqueID("AROA", roleARN) + ":" + sessionName,
		account:   role.AccountID,
		temporary: true,
		roleARN:   roleARN,
	}
}

// partitionOf returns the partition of an identity.
func partitionOf(id *identity) string {
	parsed, _ := arn.Parse(id.arn)
	return parsed.Partition
}

// mint creates credentials for id. s.mu must be held.
func (s *Server) mint(id identity, now time.Time, life time.Duration) credentialsXML {
	if limit := s.config.MaxSession; limit > 0 && life > limit {
		life = limit
	}
	keyID := "ASIA" + rand.Text()[:16]
	made := &session{
		secret:   Marker + randomText(40-len(Marker)),
		token:    Marker + randomText(s.config.TokenSize-len(Marker)),
		expires:  now.Add(life).Truncate(time.Second),
		identity: id,
	}
	s.sessions[keyID] = made
	if s.config.Minted != nil {
		s.config.Minted(made.credentials(keyID))
	}
	return credentialsXML{AccessKeyID: keyID, SecretAccessKey: made.secret, SessionToken: made.token,
		Expiration: timestamp(made.expires)}
}

// credentials returns the session's credentials, as a client gets them.
func (s *session) credentials(keyID string) aws.Credentials {
	return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: s.secret, SessionToken: s.token,
		CanExpire: true, Expires: s.expires, AccountID: s.identity.account}
}

// randomText returns n characters of standard base64.
func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)[:n]
}
