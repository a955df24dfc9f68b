package policy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/awsexec/awsexec/internal/readfile"
)

// Written is a request for session policies as people write it, in flags, variables
// and settings.
type Written struct {
	ReadOnly bool     // ReadOnlyAccess alone
	Policy   string   // JSON, that in the form of Encode, or the path of a file with it
	ARNs     []string // of managed policies; a name without "arn:" is that of a policy of AWS
}

// IsZero reports whether w asks for nothing.
func (w Written) IsZero() bool { return !w.ReadOnly && w.Policy == "" && len(w.ARNs) == 0 }

// encoded begins a policy in the form of Encode.
const encoded = "base64:"

// Encode returns a document in a form that no shell and no SDK changes.
func Encode(document string) string {
	return encoded + base64.RawURLEncoding.EncodeToString([]byte(document))
}

// errTogether means that read only is asked for together with more.
var errTogether = errors.New("read only and other policies exclude each other: a session may do what any of its policies allows")

// File returns the path of the file that holds the policy of w; "" if none does.
func (w Written) File() string {
	text := strings.TrimSpace(w.Policy)
	if text == "" || strings.ContainsAny(text[:1], "{[\"") || strings.HasPrefix(text, encoded) { // JSON, though perhaps no policy
		return ""
	}
	return w.Policy
}

// InHome returns w with a file below ~/ as one in the directory home.
func (w Written) InHome(home string) (Written, error) {
	rest, ok := strings.CutPrefix(w.File(), "~/")
	switch {
	case !ok:
		return w, nil
	case home == "":
		return w, errors.New("the user's home directory is not known")
	}
	w.Policy = filepath.Join(home, rest)
	return w, nil
}

// Check returns an error for what AWS would refuse, or would take for more than is
// meant. It reads no file.
func (w Written) Check() error {
	if w.File() != "" && !strings.HasPrefix(w.Policy, "arn:") {
		w.Policy = ""
	}
	_, err := w.Read("")
	return err
}

// Read returns the set that w asks for in a partition. It reads the file, if there is
// one. Without a partition, the names of AWS's policies stay names. The error may be a [*DocumentError], or a [*PartitionError].
func (w Written) Read(partition string) (s Set, err error) {
	if w.ReadOnly {
		if w.Policy != "" || len(w.ARNs) > 0 {
			return Set{}, errTogether
		}
		w.ARNs = []string{ReadOnly}
	}
	for _, text := range w.ARNs {
		a, err := managed(text, partition)
		if err != nil {
			return Set{}, err
		}
		s.ARNs = append(s.ARNs, a)
	}
	slices.Sort(s.ARNs)
	s.ARNs = slices.Compact(s.ARNs)
	if len(s.ARNs) > MaxARNs {
		return Set{}, fmt.Errorf("%d ARNs of policies: AWS takes at most %d", len(s.ARNs), MaxARNs)
	}
	if w.Policy != "" {
		s.Document, err = w.document()
	}
	return s, err
}

func (w Written) document() (string, error) {
	switch {
	case strings.HasPrefix(w.Policy, "arn:"):
		return "", fmt.Errorf("%q is an ARN, and not a policy or a file with one", w.Policy)
	case strings.HasPrefix(w.Policy, "file://"):
		return "", fmt.Errorf("%q: write the path alone, without file://", w.Policy)
	case w.Policy == "-":
		return "", errors.New(`no policy is read from standard input: write "$(cat)" in place of -`)
	}
	text, from := []byte(w.Policy), w.File()
	var err error
	if from != "" {
		if text, err = readfile.Read(from, readfile.MaxOwn); err != nil {
			return "", fmt.Errorf("read policy: %w", err)
		}
	} else if code, ok := strings.CutPrefix(strings.TrimSpace(w.Policy), encoded); ok {
		if text, err = base64.RawURLEncoding.DecodeString(code); err != nil {
			return "", errors.New("what follows base64: is not base64url without padding")
		}
	}
	document, err := Document(text)
	if bad, ok := errors.AsType[*DocumentError](err); ok {
		bad.File = from
	}
	return document, err
}

// PartitionError reports the ARN of a policy in another partition.
type PartitionError struct{ ARN, Partition string }

func (e *PartitionError) Error() string {
	return fmt.Sprintf("the policy %s is not in partition %s, whose STS is called", e.ARN, e.Partition)
}

// managed returns the ARN of a managed policy that text names.
func managed(text, partition string) (string, error) {
	const nameOfAWS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/"
	if strings.Contains(text, ",") { // which separates policies in variables and profiles
		return "", fmt.Errorf("%q has a comma: name one policy at a time, and none with a comma in its name", text)
	}
	if !strings.HasPrefix(text, "arn:") {
		if text == "" || strings.Trim(text, nameOfAWS) != "" || strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") {
			return "", fmt.Errorf("%q is neither the ARN of a policy nor the name of one of AWS", text)
		}
		if partition == "" {
			return text, nil
		}
		return "arn:" + partition + ":iam::aws:policy/" + text, nil
	}
	a, err := arn.Parse(text)
	isAccount := len(a.AccountID) == 12 && strings.Trim(a.AccountID, "0123456789") == ""
	const longest = 2048 // Source: API reference of STS, PolicyDescriptorType
	if err != nil || a.Service != "iam" || a.Region != "" || a.AccountID != "aws" && !isAccount || !strings.HasPrefix(a.Resource, "policy/") || strings.HasSuffix(text, "/") || len(text) > longest ||
		strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%q is not the ARN of a policy, such as arn:aws:iam::aws:policy/%s", text, ReadOnly)
	}
	if partition != "" && a.Partition != partition {
		return "", &PartitionError{text, partition}
	}
	return text, nil
}
