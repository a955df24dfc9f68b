package policy

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDocument(t *testing.T) {
	const least = `{"Statement":[]}`
	for name, test := range map[string]struct {
		text, want   string
		line, column int
		reason       string
	}{
		"plain":       {text: least, want: least},
		"spaces":      {text: "\ufeff\n{ \"Version\" : \"2012-10-17\",\r\n\t\"Statement\": {\"Sid\":\"a  b\"} }\n", want: `{"Version":"2012-10-17","Statement":{"Sid":"a  b"}}`},
		"as long":     {text: `{"Statement":[],` + strings.Repeat(" ", 5000) + `"Id":"` + strings.Repeat("ÿ", MaxDocument-24) + `"}`, want: `{"Statement":[],"Id":"` + strings.Repeat("ÿ", MaxDocument-24) + `"}`},
		"too long":    {text: `{"Statement":[],"Id":"` + strings.Repeat("x", MaxDocument-23) + `"}`, reason: "2049 characters without its spaces"},
		"empty":       {text: "", line: 1, column: 1, reason: "not JSON"},
		"comma":       {text: "{\n  \"Statement\": [],\n}", line: 3, column: 1, reason: "not JSON"},
		"after it":    {text: least + " x", line: 1, column: 18, reason: "not JSON"},
		"umlaut":      {text: "{\"Id\": \"ä\",\n \"é\": ?}", line: 2, column: 7, reason: "not JSON"},
		"twice":       {text: "{\"Statement\": [],\n \"Statement\": [{}]}", line: 2, column: 12, reason: `"Statement" is there twice`},
		"twice in it": {text: `{"Statement":[[1],{"Effect":"Deny","Effect":"Allow"}]}`, line: 1, column: 43, reason: `"Effect" is there twice`},
		"not twice":   {text: `{"Statement":[{"Sid":"Sid"},{"Sid":"Sid"}],"Id":{"Id":{}}}`, want: `{"Statement":[{"Sid":"Sid"},{"Sid":"Sid"}],"Id":{"Id":{}}}`},
		"cut":         {text: `{"Statement":[`, line: 1, column: 14, reason: "not JSON"},
		"list":        {text: `[]`, reason: "JSON object"},
		"null":        {text: `null`, reason: "JSON object"},
		"none":        {text: `{"statement":[]}`, reason: "has none"},
		"character":   {text: "{\"Statement\":[],\n\"Id\":\"日\"}", line: 2, column: 7, reason: `"日"`},
		"not unicode": {text: "{\"Statement\":[],\"Id\":\"\xff\"}", line: 1, column: 23, reason: "does not take"},
	} {
		got, err := Document([]byte(test.text))
		bad, _ := errors.AsType[*DocumentError](err)
		switch {
		case test.reason == "" && (err != nil || got != test.want):
			t.Errorf("%s: %q, %v", name, got, err)
		case test.reason != "" && (bad == nil || bad.Line != test.line || bad.Column != test.column || !strings.Contains(strings.ReplaceAll(bad.Reason, "'日'", `"日"`), test.reason)):
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(file, []byte("{\n \"Statement\": []}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const least = `{"Statement":[]}`
	many := make([]string, 0, 11)
	for i := range 11 {
		many = append(many, "P"+string(rune('a'+i)))
	}
	for name, test := range map[string]struct {
		w         Written
		partition string
		want      Set
		refused   string
	}{
		"nothing":           {},
		"read only":         {w: Written{ReadOnly: true}, partition: "aws-cn", want: Set{ARNs: []string{"arn:aws-cn:iam::aws:policy/ReadOnlyAccess"}}},
		"without partition": {w: Written{ReadOnly: true}, want: Set{ARNs: []string{"ReadOnlyAccess"}}},
		"sorted, once":      {w: Written{ARNs: []string{"b", "arn:aws:iam::aws:policy/b", "a/x"}}, partition: "aws", want: Set{ARNs: []string{"arn:aws:iam::aws:policy/a/x", "arn:aws:iam::aws:policy/b"}}},
		"own":               {w: Written{ARNs: []string{"arn:aws:iam::123456789012:policy/x"}}, partition: "aws", want: Set{ARNs: []string{"arn:aws:iam::123456789012:policy/x"}}},
		"ten":               {w: Written{ARNs: append(many[:10:10], many[0])}, want: Set{ARNs: many[:10]}},
		"eleven":            {w: Written{ARNs: many}, refused: "at most 10"},
		"JSON":              {w: Written{Policy: " {\"Statement\":\n[]}"}, want: Set{Document: least}},
		"encoded":           {w: Written{Policy: Encode(least)}, want: Set{Document: least}},
		"file":              {w: Written{Policy: file}, want: Set{Document: least}},
		"no file":           {w: Written{Policy: file + "x"}, refused: "read policy: "},
		"bad code":          {w: Written{Policy: "base64:?"}, refused: "base64url"},
		"ARN as a policy":   {w: Written{Policy: "arn:aws:iam::aws:policy/x"}, refused: "is an ARN"},
		"together":          {w: Written{ReadOnly: true, Policy: least}, refused: "exclude each other"},
		"together, too":     {w: Written{ReadOnly: true, ARNs: []string{"x"}}, refused: "exclude each other"},
		"role":              {w: Written{ARNs: []string{"arn:aws:iam::123456789012:role/x"}}, refused: "not the ARN of a policy"},
		"no account":        {w: Written{ARNs: []string{"arn:aws:iam::1234:policy/x"}}, refused: "not the ARN of a policy"},
		"region":            {w: Written{ARNs: []string{"arn:aws:iam:eu-west-1:aws:policy/x"}}, refused: "not the ARN of a policy"},
		"other partition":   {w: Written{ARNs: []string{"arn:aws:iam::aws:policy/x"}}, partition: "aws-cn", refused: "not in partition aws-cn"},
		"file as an ARN":    {w: Written{ARNs: []string{"p.json"}}, refused: "neither the ARN"},
		"comma":             {w: Written{ARNs: []string{"arn:aws:iam::123456789012:policy/a,AdministratorAccess"}}, refused: "has a comma"},
		"no name":           {w: Written{ARNs: []string{"arn:aws:iam::aws:policy/"}}, refused: "not the ARN of a policy"},
		"space":             {w: Written{ARNs: []string{"arn:aws:iam::aws:policy/a b"}}, refused: "not the ARN of a policy"},
		"list":              {w: Written{Policy: "[]"}, refused: "a policy is a JSON object"},
		"string":            {w: Written{Policy: `"{}"`}, refused: "a policy is a JSON object"},
		"spaces":            {w: Written{Policy: " "}, refused: "not JSON"},
		"URL":               {w: Written{Policy: "file://p.json"}, refused: "without file://"},
		"standard input":    {w: Written{Policy: "-"}, refused: "standard input"},
		"path":              {w: Written{ARNs: []string{"/x"}}, refused: "neither the ARN"},
		"empty":             {w: Written{ARNs: []string{""}}, refused: "neither the ARN"},
	} {
		got, err := test.w.Read(test.partition)
		if test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)) || test.refused == "" && (err != nil || !got.Equal(test.want)) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if test.refused == "" && test.partition != "" { // what is written of a set means that set
			if again, err := got.Written().Read(test.partition); err != nil || !again.Equal(got) {
				t.Errorf("%s: %+v from %+v, %v", name, again, got, err)
			}
		}
	}
}

// A file with an error is named with the place.
func TestReadNamesThePlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(file, []byte("{\n \"Statement\": [}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (Written{Policy: file}).Read(""); err == nil || !strings.HasPrefix(err.Error(), file+":2:16: this is not JSON: ") {
		t.Errorf("%v", err)
	}
}

// Nothing is met but one set that all agree on: a part of a set can be wider than
// the whole, if what is left out denies.
func TestCombine(t *testing.T) {
	readOnly, other := Set{ARNs: []string{"a"}}, Set{Document: "{}"}
	both := Set{Document: "{}", ARNs: []string{"a"}}
	request := func(s Set) Request { return Request{s, "x"} }
	for _, test := range []struct {
		requests []Set
		want     Set
		conflict bool
	}{
		{},
		{requests: []Set{{}, readOnly, {}}, want: readOnly},
		{requests: []Set{readOnly, {}, readOnly}, want: readOnly},
		{requests: []Set{both, both}, want: both},
		{requests: []Set{readOnly, other}, conflict: true},
		{requests: []Set{both, readOnly}, conflict: true},
		{requests: []Set{other, both}, conflict: true},
	} {
		var requests []Request
		for _, s := range test.requests {
			requests = append(requests, request(s))
		}
		got, err := Combine(requests...)
		if _, conflict := errors.AsType[*ConflictError](err); conflict != test.conflict || !got.Equal(test.want) {
			t.Errorf("%+v: %+v, %v", test.requests, got, err)
		}
	}
}

func TestNames(t *testing.T) {
	s := Set{Document: `{"Statement":[]}`, ARNs: []string{"arn:aws-cn:iam::aws:policy/job-function/Billing", "arn:aws:iam::123456789012:policy/x"}}
	want := []string{"job-function/Billing", "arn:aws:iam::123456789012:policy/x", "a policy of 16 characters"}
	if got := s.Names(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
