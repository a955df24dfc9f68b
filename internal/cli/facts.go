package cli

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/keyfacts"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// facts are what AWS has said of the stored keys, for list.
type facts struct {
	session  *session.Session
	settings *session.Settings
	out      *ui
}

func (f facts) file() (keyfacts.File, error) {
	dir, err := f.settings.DataDir()
	return keyfacts.File{Dir: ownfile.Dir(dir)}, err
}

// learn remembers what is new about the key with this id. A failure is no reason to
// end a command that has done its work.
func (f facts) learn(ctx context.Context, id string, learned keyfacts.Facts) {
	file, err := f.file()
	if err == nil {
		entries, listErr := f.session.Opened().List(ctx)
		err = file.Learn(ctx, id, learned, func(id string) bool {
			return listErr != nil || slices.ContainsFunc(entries, func(e keystore.Entry) bool { return e.AccessKeyID == id })
		})
	}
	if err != nil {
		f.out.Debug("what is known of keys: %v", err)
	}
}

// ageLimit bounds the call for the age of a key, which many users may not make.
const ageLimit = 5 * time.Second

// created asks IAM when a key was made; the zero time if that cannot be known.
func (f facts) created(ctx context.Context, client awsapi.Client, key aws.Credentials) time.Time {
	ctx, cancel := context.WithTimeout(ctx, ageLimit)
	defer cancel()
	defer f.out.Waiting("for AWS IAM")()
	keys, err := client.IAM(key).AccessKeys(ctx)
	if err != nil {
		f.out.Debug("age of the key: %v", err)
		return time.Time{}
	}
	for _, k := range keys {
		if k.ID == key.AccessKeyID {
			return k.Created
		}
	}
	return time.Time{}
}

// of returns what is known of each key.
func (f facts) of() map[string]keyfacts.Facts {
	file, err := f.file()
	if err != nil {
		return nil
	}
	return file.Load()
}
