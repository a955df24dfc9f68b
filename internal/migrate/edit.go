package migrate

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// edit is a change of one of the AWS files.
type edit struct {
	path  string
	apply awsfiles.EditFunc
}

// edits returns the changes of the files that a move of k makes, in their order.
func (p *Planner) edits(k Key) []edit {
	remove := func(path string, kind awsini.Kind) awsfiles.EditFunc {
		return func(old []byte) ([]byte, bool, error) {
			return awsfiles.RemoveKeys(old, path, kind, k.Profile, k.Credentials())
		}
	}
	settings, _ := p.Config.Lookup(k.Profile)
	configured := profile.IsProcessOf(settings["credential_process"].Text, p.Self, k.Profile)
	removeFromConfig := remove(p.Files.Config, awsini.ConfigFile)
	return []edit{
		{p.Files.Config, func(old []byte) ([]byte, bool, error) {
			data, removed, err := removeFromConfig(old)
			if err != nil || configured {
				return data, removed, err
			}
			data, added, err := awsfiles.AddCredentialProcess(data, p.Files.Config, k.Profile, p.Command(k.Profile, k.Foreign))
			return data, removed || added, err
		}},
		{p.Files.Credentials, remove(p.Files.Credentials, awsini.CredentialsFile)},
	}
}

// Change is what becomes of a file, without the secrets.
type Change struct {
	Path     string
	Old, New []byte
}

// contents are the AWS files as they are and as they will be.
type contents struct {
	paths    []string
	old, new map[string][]byte
}

func newContents(files profile.Files) *contents {
	return &contents{slices.Compact([]string{files.Config, files.Credentials}), map[string][]byte{}, map[string][]byte{}}
}

// apply makes all edits or none.
func (c *contents) apply(edits []edit) error {
	made := maps.Clone(c.new)
	for _, e := range edits {
		if _, ok := made[e.path]; !ok {
			data, err := readfile.Read(e.path, readfile.MaxAWS)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			c.old[e.path], made[e.path] = data, data
		}
		data, _, err := e.apply(made[e.path])
		if err != nil {
			return err
		}
		made[e.path] = data
	}
	c.new = made
	return nil
}

// changes returns what the edits make of the files.
func (c *contents) changes() []Change {
	var all []Change
	for _, path := range c.paths {
		if data, ok := c.new[path]; ok {
			all = append(all, Change{path, awsfiles.Redact(c.old[path]), awsfiles.Redact(data)})
		}
	}
	return all
}
