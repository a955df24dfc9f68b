package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// command returns a line that calls a command of awsexec, with those of the user's
// flags that decide about its result: the line then works where the user's own
// did not.
func (a *advisor) command(command string, words ...string) string {
	return a.line(a.kept(heededBy(command)), append(strings.Fields(command), words...))
}

// run returns the line that runs a program with the credentials of the profile
// called name, or of the selected one if that is "".
func (a *advisor) run(name string, program ...string) string {
	return a.line(a.kept(heededBy("print")), slices.Concat(selecting(name), []string{"--"}, program))
}

// next returns the line that is to be typed after a sign-in for the profile called
// name, or for the selected one if that is "".
func (a *advisor) next(name string) string {
	return a.line(a.kept([]string{"keystore"}), append(selecting(name), "--", "CMD"))
}

// selecting returns the words that select the profile called name; none for "".
func selecting(name string) []string {
	switch {
	case name == "":
		return nil
	case strings.HasPrefix(name, "-"):
		return []string{naming(name)}
	}
	return []string{"-p", name}
}

// naming returns the argument that names a profile. A name that would be taken for a
// flag is the value of one.
func naming(name string) string {
	if strings.HasPrefix(name, "-") {
		return "--profile=" + name
	}
	return name
}

// ofProfile returns the flag of the AWS CLI for the profile called name.
func ofProfile(name string) string {
	if strings.HasPrefix(name, "-") {
		return quoteWord(naming(name))
	}
	return "--profile " + quoteWord(name)
}

// refreshing returns the line that runs a program which renews its credentials.
func (a *advisor) refreshing(name string) string {
	return a.line(a.kept(heededBy("print")), slices.Concat([]string{"--refresh"}, selecting(name), []string{"--", "CMD"}))
}

// withProgram returns the user's own command line with a program to run.
func (a *advisor) withProgram() string { return a.again("--", "CMD") }

// again returns the user's own command line, with more words.
func (a *advisor) again(more ...string) string {
	return a.line(nil, append(slices.Clone(a.own), more...))
}

func (a *advisor) line(flags, words []string) string {
	parts := []string{"awsexec"}
	for _, w := range slices.Concat(flags, words) {
		parts = append(parts, quoteWord(w))
	}
	return strings.Join(parts, " ")
}

// child returns the words of the program that the user wants to run, as they are
// typed; a placeholder if there is none, or if they may hold a secret.
func (a *advisor) child() string {
	var words []string
	for _, w := range a.program {
		words = append(words, quoteWord(w))
	}
	line := strings.Join(words, " ")
	if line == "" || string(awsfiles.Redact([]byte(line))) != line {
		return "CMD"
	}
	return line
}

// kept returns the flags that decide where keys are, how AWS is called, and how
// long credentials live, without those that a command does not heed.
func (a *advisor) kept(heeded []string) []string {
	given := flags{}
	if a.flags != nil {
		given = *a.flags
	}
	if a.settings != nil && a.settings.Duration != 0 { // from a variable, perhaps
		given.Duration = cmp.Or(given.Duration, fmt.Sprint(int(a.settings.Duration/time.Second)))
	}
	var words []string
	for _, f := range []struct{ name, value string }{
		{"keystore", a.keystore(given.Keystore)}, {"region", given.Region}, {"duration", given.Duration},
	} {
		if f.value != "" && slices.Contains(heeded, f.name) {
			words = append(words, "--"+f.name, f.value)
		}
	}
	if slices.Contains(heeded, "read-only") {
		words = append(words, given.narrowing()...)
	}
	return words
}

// heededBy returns the flags that a command heeds.
func heededBy(command string) []string {
	grammar, heeds := reflect.TypeFor[cli](), ""
	for word := range strings.FieldsSeq(command) {
		field, ok := grammar.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, fieldOf(word)) })
		if !ok {
			return nil
		}
		grammar, heeds = field.Type, field.Tag.Get("heeds")
	}
	return strings.Split(heeds, ",")
}

// fieldOf returns the name of the field of a command in the grammar, in any letter case.
func fieldOf(word string) string {
	if strings.HasPrefix(word, "-") {
		return word
	}
	return strings.ReplaceAll(word, "-", "")
}

// keystore returns the kind of keystore for a line: the one that the user named,
// but the encrypted file where there is no keyring and none is known to have keys. It
// returns "" for the default.
func (a *advisor) keystore(named string) string {
	if a.hasKeystore() || a.keyringHasKeys() {
		return named
	}
	return string(keystore.KindFile)
}

// keyringHasKeys reports whether the keystore is the keyring and keys were stored in
// it. It may be closed.
func (a *advisor) keyringHasKeys() bool {
	if a.session == nil {
		return false
	}
	keys, err := a.session.Keys()
	if err != nil || keys.Kind() != keystore.KindKeyring {
		return false
	}
	entries, err := keys.List(context.Background())
	return err == nil && len(entries) > 0
}

// hasKeystore reports whether the keystore that the user chose can be used.
func (a *advisor) hasKeystore() bool {
	if a.session == nil {
		return true
	}
	keys, err := a.session.Keys()
	if err != nil {
		return !errors.Is(err, keystore.ErrUnavailable)
	}
	return keys.Kind() == keystore.KindFile || keys.Condition(context.Background()) != keystore.ConditionAbsent
}

// addCommand returns the command that stores a key under name, in place of the
// one that is there; "" if no key can have that name.
func (a *advisor) addCommand(name string) string {
	if keystore.CheckName(name) != nil {
		return ""
	}
	words := []string{name}
	if a.session != nil {
		if _, listed := a.session.ListedKeyID(context.Background(), name); listed {
			words = append(words, "--force")
		}
	}
	return a.command("add", words...)
}

// importCommand returns the command that moves the plaintext key of a profile into
// the keystore. The error says why import would refuse that.
func (a *advisor) importCommand(name string, words ...string) (string, error) {
	command := a.command("import", append([]string{name}, words...)...)
	if a.session == nil {
		return command, nil
	}
	config, err := a.session.Config()
	if err != nil {
		return "", err
	}
	chosen, _ := migrate.Choose(migrate.Find(config, a.settings.Self, a.settings.Env), []string{name})
	if len(chosen) == 0 { // it has been moved meanwhile
		return command, nil
	}
	key := chosen[0]
	if err := cmp.Or(key.Skip, key.Err); err != nil {
		return "", errors.New(migrate.Reason(err, name))
	}
	id, listed := a.session.ListedKeyID(context.Background(), name)
	if listed && id != key.Credentials().AccessKeyID && !slices.Contains(words, "--force") {
		command += " --force"
	}
	return command, nil
}

// moveKey returns the advice about the plaintext key of a profile: what is to be
// achieved, and how.
func (a *advisor) moveKey(goal, name string) string {
	command, err := a.importCommand(name)
	if err != nil {
		return fmt.Sprintf("%s by hand; import cannot do that: %v", goal, err)
	}
	return goal + ": " + command
}

// origin returns the step at which the credentials of the profile called name
// begin; nil if that is not known.
func (a *advisor) origin(name string) *provider.Plan {
	if a.session == nil {
		return nil
	}
	ctx := context.Background()
	p, err := a.session.Profile(ctx, name)
	if name == a.settings.SelectedName() {
		p, err = a.session.Selected(ctx) // the default profile need not exist
	}
	if err != nil {
		return nil
	}
	plan, err := a.session.Plan(ctx, p, false)
	if err != nil {
		return nil
	}
	for plan.From != nil {
		plan = plan.From
	}
	return plan
}
