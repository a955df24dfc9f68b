package logbook

import (
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// How is the way in which credentials were handed out.
type How string

const (
	Process How = "process" // printed for credential_process
	Exec    How = "exec"    // in the environment of a program
	Refresh How = "refresh" // to a program that renews them through awsexec
	Serve   How = "serve"   // over HTTP; a line for each renewal
	SSH     How = "ssh"     // over HTTP to another host; a line for each renewal
	Export  How = "export"  // printed for a shell
	Console How = "console" // as a link that signs a browser in

	EKSToken How = "eks-token" // as a token for a Kubernetes cluster
	Docker   How = "docker"    // as a password of a registry
)

// Origin is where awsexec had credentials from.
type Origin string

const (
	Cached Origin = "cache"  // a session that was made before
	Made   Origin = "made"   // a session that was made for this
	Passed Origin = "passed" // passed on as they are: from elsewhere, or a long-term key
)

// Facts are what is the same each time that a session is handed out.
type Facts struct {
	Account string `json:"account,omitempty"`
	RoleARN string `json:"role_arn,omitempty"`
	Policy  string `json:"policy,omitempty"` // that narrows the session
	MFA     *bool  `json:"mfa,omitempty"`    // nil if it is not known
}

// Entry is one line of the log. Fields may be added; existing ones keep their
// meaning.
type Entry struct {
	Time       time.Time  `json:"time"`
	Profile    string     `json:"profile"`
	How        How        `json:"how"`
	Program    string     `json:"program,omitempty"`     // the caller, or the child
	Host       string     `json:"host,omitempty"`        // where the program runs; "" for here
	ProgramPID int        `json:"program_pid,omitempty"` // 0 if it is not known
	KeyID      string     `json:"access_key_id"`
	Expires    *time.Time `json:"expires,omitempty"` // nil for never
	Origin     Origin     `json:"origin"`
	PID        int        `json:"pid"` // of awsexec
	Facts
}

// timeFormat is RFC 3339 in UTC with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// How many bytes of a line its texts may take. A line is much shorter than a page,
// which Linux writes as a whole.
const (
	maxProfile = 300
	maxProgram = 200
	maxRole    = 600
	maxPolicy  = 300
	maxOther   = 100
)

// line returns e as JSON, with facts, which Members has returned, at its end. It is
// written by hand for the warm calls: the first value of a type costs encoding/json
// more than all else here.
func (e *Entry) line(facts string) []byte {
	b := make([]byte, 0, 512)
	b = append(b, `{"time":"`...)
	b = e.Time.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","profile":`...)
	b = appendText(b, e.Profile, maxProfile)
	b = appendMember(b, "how", string(e.How), maxOther)
	b = appendMember(b, "program", e.Program, maxProgram)
	b = appendMember(b, "host", e.Host, maxProgram)
	if e.ProgramPID != 0 {
		b = strconv.AppendInt(append(b, `,"program_pid":`...), int64(e.ProgramPID), 10)
	}
	b = append(b, `,"access_key_id":`...)
	b = appendText(b, e.KeyID, maxOther)
	if e.Expires != nil {
		b = append(b, `,"expires":"`...)
		b = append(e.Expires.UTC().AppendFormat(b, time.RFC3339), '"')
	}
	b = appendMember(b, "origin", string(e.Origin), maxOther)
	b = strconv.AppendInt(append(b, `,"pid":`...), int64(e.PID), 10)
	b = append(b, facts...)
	return append(b, "}\n"...)
}

// Members returns f as members of a JSON object, each after a comma, as a ticket of
// the warm path holds them.
func (f Facts) Members() string {
	var b []byte
	b = appendMember(b, "account", f.Account, maxOther)
	b = appendMember(b, "role_arn", f.RoleARN, maxRole)
	b = appendMember(b, "policy", f.Policy, maxPolicy)
	if f.MFA != nil {
		b = strconv.AppendBool(append(b, `,"mfa":`...), *f.MFA)
	}
	return string(b)
}

// appendMember appends a member of a JSON object, unless its value is empty.
func appendMember(b []byte, name, value string, most int) []byte {
	if value == "" {
		return b
	}
	return appendText(append(append(append(b, ',', '"'), name...), '"', ':'), value, most)
}

// appendText appends text as a JSON string of about most bytes. Names of profiles
// and programs may hold anything: what does not print is escaped, and a long one is
// cut.
func appendText(b []byte, text string, most int) []byte {
	b = append(b, '"')
	most += len(b)
	for i, r := range text {
		if len(b) >= most {
			b = append(b, "…"...)
			break
		}
		switch {
		case r == '"', r == '\\':
			b = append(b, '\\', byte(r))
		case r == utf8.RuneError && text[i] != "\ufffd"[0], !strconv.IsPrint(r):
			for _, unit := range utf16.AppendRune(nil, r) {
				b = append(b, `\u`...)
				for shift := 12; shift >= 0; shift -= 4 {
					b = append(b, "0123456789abcdef"[unit>>shift&15])
				}
			}
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
