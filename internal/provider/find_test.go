package provider

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// index is a keystore whose index and keys may disagree. It counts the reads.
type index struct {
	listed map[string]bool  // name -> certain
	keys   map[string]error // why there is no such key, nil for one that is there
	lists  int
	reads  []string
}

func (x *index) List(context.Context) map[string]bool {
	x.lists++
	return x.listed
}

func (x *index) KeyID(_ context.Context, name string) (string, error) {
	x.reads = append(x.reads, name)
	err, ok := x.keys[name]
	if !ok {
		err = keystore.ErrNotFound
	}
	return "AKIA", err
}

func (x *index) Get(context.Context, string) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("read")
}

// A key is read only if the index does not decide which way is taken.
func TestFindReadsLittle(t *testing.T) {
	files, err := awsini.Parse("config", []byte("[profile process]\ncredential_process = awsexec --profile other\n"), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	none, err := awsini.Parse("credentials", nil, awsini.CredentialsFile)
	if err != nil {
		t.Fatal(err)
	}
	process, err := (&profile.Config{Config: files, Credentials: none}).Profile("process")
	if err != nil {
		t.Fatal(err)
	}
	plain := &profile.Profile{Name: "work", Static: &profile.StaticKeys{Credentials: aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER"}}}
	empty := &profile.Profile{Name: "work"}
	for _, tt := range []struct {
		name    string
		profile *profile.Profile
		listed  map[string]bool
		keys    map[string]error
		way     string
		err     error
		reads   int
	}{
		{"listed", plain, map[string]bool{"work": true}, nil, "key in the keystore of work", nil, 0},
		{"not listed, with another way", plain, nil, map[string]error{"work": nil}, "access key in the AWS files of work", nil, 0},
		{"not listed, without one", empty, nil, map[string]error{"work": nil}, "key in the keystore of work", nil, 1},
		{"nowhere", empty, nil, nil, "EC2 instance of work", nil, 1},
		{"in doubt and there", plain, map[string]bool{"work": false}, map[string]error{"work": nil}, "key in the keystore of work", nil, 1},
		{"in doubt and gone", plain, map[string]bool{"work": false}, nil, "access key in the AWS files of work", nil, 1},
		{"in doubt and locked", plain, map[string]bool{"work": false}, map[string]error{"work": keystore.ErrLocked}, "key in the keystore of work", nil, 1},
		{"another, listed", process, map[string]bool{"other": true}, nil, "key in the keystore of other", nil, 0},
		{"another, not listed", process, nil, map[string]error{"other": nil}, "key in the keystore of other", nil, 1},
		{"another, locked", process, nil, map[string]error{"other": keystore.ErrLocked}, "", keystore.ErrLocked, 1},
		{"another, without a keystore", process, nil, map[string]error{"other": keystore.ErrUnavailable}, "", keystore.ErrUnavailable, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keys := &index{listed: tt.listed, keys: tt.keys}
			plan, err := Find(t.Context(), tt.profile, func(string) string { return "" }, keys, Flags{Explicit: true})
			if !errors.Is(err, tt.err) || err == nil && ways(plan) != tt.way {
				t.Errorf("got %s, %v", ways(plan), err)
			}
			if len(keys.reads) != tt.reads || keys.lists != 1 {
				t.Errorf("read %q", keys.reads)
			}
		})
	}
}

// Keys in the environment need no keystore.
func TestFindInEnvironment(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "S3CR3TMARKER"}
	keys := &index{}
	plan, err := Find(t.Context(), &profile.Profile{Name: "work"}, func(name string) string { return env[name] }, keys, Flags{})
	if err != nil || plan.Kind != EnvironmentKey || keys.lists != 0 {
		t.Errorf("got %v, %v after %d lists", plan, err, keys.lists)
	}
}
