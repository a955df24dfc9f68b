package migrate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/keyinput"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// Key is the access key of a profile in the AWS files, or of a section there that
// is not a profile.
type Key struct {
	Profile string                  // its name, or what is in the brackets of the section
	Places  []awsfiles.PlaintextKey // at least one; one for each file that has the key
	Skip    error                   // why it is not the long-term key of a profile; nil if it is one
	Err     error                   // why such a key cannot be moved; nil if it can

	Foreign bool   // it does not look like a key of AWS, which is not asked whose it is
	Service string // the endpoint of another service that its profile uses; "" if none is known
}

// Credentials returns the long-term key.
func (k *Key) Credentials() aws.Credentials {
	c := k.Places[0].Credentials
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}
}

// Where returns the places of the key as text.
func (k *Key) Where() string {
	var places []string
	for _, at := range k.Places {
		places = append(places, at.Pos.String())
	}
	return strings.Join(places, ", ")
}

// ByName reports whether k is moved only if it is named. Nothing but its form says
// what it is for.
func (k *Key) ByName() bool { return k.Foreign && k.Service == "" }

func (k *Key) isProfile() bool { return !k.Places[0].NoProfile }

// Find returns the access keys in the AWS files, in the order of their places.
// Self is the path of this program, and env looks variables up.
func Find(config *profile.Config, self string, env func(string) string) []Key {
	var keys []Key
	for _, at := range awsfiles.PlaintextKeys(config) {
		same := func(k Key) bool { return k.Profile == at.Profile && k.isProfile() }
		if i := slices.IndexFunc(keys, same); i >= 0 && !at.NoProfile {
			keys[i].Places = append(keys[i].Places, at)
		} else {
			keys = append(keys, Key{Profile: at.Profile, Places: []awsfiles.PlaintextKey{at}})
		}
	}
	for i := range keys {
		k := &keys[i]
		if k.Skip = skipReason(k.Places); k.Skip == nil {
			k.Service = config.OtherService(k.Profile, env)
			k.Foreign = isForeign(k)
			k.Err = obstacle(config, self, k)
		}
	}
	return keys
}

// skipReason returns why the parts of a key in the files are not a long-term key
// of AWS; nil if they are.
func skipReason(places []awsfiles.PlaintextKey) error {
	for _, at := range places {
		switch c := at.Credentials; {
		case at.NoProfile:
			return errors.New(at.Obstacle)
		case c.SessionToken != "" || strings.HasPrefix(c.AccessKeyID, "ASIA"):
			return errSession
		}
	}
	return nil
}

// isForeign reports whether k is a key of another service than AWS: it does not look
// like one of AWS, or its secret does not and its profile uses another service.
func isForeign(k *Key) bool {
	c := k.Credentials()
	_, odd := errors.AsType[*keyinput.ShapeError](keyinput.Check(c))
	return odd && (!keyinput.IsAWS(c.AccessKeyID) || k.Service != "")
}

// obstacle returns why a long-term key has to stay where it is; nil if it need
// not.
func obstacle(config *profile.Config, self string, k *Key) error {
	key := k.Credentials()
	for _, at := range k.Places {
		switch {
		case at.Obstacle != "":
			return fmt.Errorf("%s: %s", at.Pos, at.Obstacle)
		case at.Credentials.AccessKeyID != key.AccessKeyID || at.Credentials.SecretAccessKey != key.SecretAccessKey:
			return fmt.Errorf("%s: another key than at %s: delete the one that is not used", at.Pos, k.Places[0].Pos)
		}
		err := keyinput.Check(key)
		if _, odd := errors.AsType[*keyinput.ShapeError](err); err != nil && !(odd && k.Foreign) {
			return fmt.Errorf("%s: %w", at.Pos, err)
		}
	}
	if err := keystore.CheckName(k.Profile); err != nil {
		return fmt.Errorf("invalid name for the keystore: %w", err)
	}
	if _, err := config.Profile(k.Profile); err != nil {
		return err
	}
	settings, _ := config.Lookup(k.Profile)
	if process, ok := settings["credential_process"]; ok && !profile.IsProcessOf(process.Text, self, k.Profile) {
		return &profile.SettingError{Profile: k.Profile, Key: "credential_process", Pos: process.Pos, Reason: "is already there with another command"}
	}
	return awsfiles.ProcessConflict(k.Profile, settings)
}

// Choose returns the keys of the profiles called names, each once, and the names
// that have none. Without names it returns all long-term keys.
func Choose(all []Key, names []string) (chosen []Key, missing []string) {
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(all), func(k Key) bool { return k.Skip != nil || k.ByName() }), nil
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(k Key) bool { return k.Profile == name && k.isProfile() })
		switch {
		case i < 0:
			missing = append(missing, name)
		case !slices.ContainsFunc(chosen, func(k Key) bool { return k.Profile == name }):
			chosen = append(chosen, all[i])
		}
	}
	return chosen, missing
}
