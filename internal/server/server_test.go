package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
)

// serve serves profiles on loopback until the test ends, and returns host and port.
func serve(t *testing.T, hosts []string, profiles ...Profile) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{
		Profiles: profiles,
		Hosts:    hosts,
		Now:      time.Now,
		Lasting:  func(error) bool { return false },
		Warn:     func(profile string, err error) { t.Errorf("%s: %v", profile, err) },
	})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

// fixed returns a profile whose credentials have its name in them.
func fixed(name string) Profile {
	return Profile{name, func(context.Context) (Credentials, error) {
		id := "ASIA-" + name
		return Credentials{Credentials: aws.Credentials{AccessKeyID: id, SecretAccessKey: ststest.Marker + id, SessionToken: ststest.Marker,
			CanExpire: true, Expires: time.Now().Add(time.Hour)}}, nil
	}}
}

// exchange sends text as it is and returns the answer, "" if the server hangs up
// without one.
func exchange(t *testing.T, address, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go io.WriteString(conn, text) // the server may well not read all of it
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body) // what came is what counts
	return fmt.Sprintf("%d %s", answer.StatusCode, body)
}

// TestRequests: a client with the token, a right host and a right path gets the
// credentials of that path; nobody else gets any.
func TestRequests(t *testing.T) {
	names := []string{"work", "a/b", "ä ö", "..", "%2e", "x?y#z", "Work"}
	var profiles []Profile
	for _, name := range names {
		profiles = append(profiles, fixed(name))
	}
	s, address := serve(t, []string{"Box.example", "192.0.2.1", "fd00:ec2::23"}, profiles...)
	_, port, _ := net.SplitHostPort(address)
	request := func(method, path, host, token string, more ...string) string {
		lines := append([]string{method + " " + path + " HTTP/1.1", "Host: " + host}, more...)
		if token != "" {
			lines = append(lines, "Authorization: "+token)
		}
		return exchange(t, address, strings.Join(lines, "\r\n")+"\r\n\r\n")
	}

	for _, host := range []string{address, "127.0.0.1", "localhost:" + port, "LocalHost", "[::1]:" + port, "[::1]", "box.example:1", "192.0.2.1:80", "[fd00:ec2::23]"} {
		if got := request("GET", "/", host, s.Token()); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, `"ASIA-work"`) {
			t.Errorf("host %s: %.100s", host, got)
		}
	}
	for _, name := range names {
		want, _ := json.Marshal("ASIA-" + name)
		if got := request("GET", Path(name), address, s.Token()); !strings.HasPrefix(got, "200 ") || !strings.Contains(got, string(want)) {
			t.Errorf("profile %q at %s: %.100s", name, Path(name), got)
		}
	}

	wrong := strings.Repeat("x", len(s.Token()))
	for _, tt := range []struct {
		name, want, got string
	}{
		{"no token", "401", request("GET", "/", address, "")},
		{"wrong token", "403", request("GET", "/", address, wrong)},
		{"start of the token", "403", request("GET", "/", address, s.Token()[:len(s.Token())-1])},
		{"more than the token", "403", request("GET", "/", address, s.Token()+"x")},
		{"token of a scheme", "403", request("GET", "/", address, "Bearer "+s.Token())},
		{"two tokens", "403", request("GET", "/", address, s.Token(), "Authorization: "+wrong)},
		{"token in the query", "401", request("GET", "/?Authorization="+s.Token(), address, "")},
		{"no token, unknown path", "401", request("GET", "/none", address, "")},
		{"another host", "421", request("GET", "/", "evil.example:"+port, s.Token())},
		{"an address that is not ours", "421", request("GET", "/", "10.0.0.1:"+port, s.Token())},
		{"a longer host", "421", request("GET", "/", "localhost.evil.example", s.Token())},
		{"a host with a dot", "421", request("GET", "/", "localhost.", s.Token())},
		{"a host with a user", "400", request("GET", "/", "x@localhost", s.Token())},
		{"a port that is none", "421", request("GET", "/", "localhost:http", s.Token())},
		{"an empty host", "421", request("GET", "/", "", s.Token())},
		{"two hosts", "400", request("GET", "/", address, s.Token(), "Host: evil.example")},
		{"another host in the target", "421", request("GET", "http://evil.example/", address, s.Token())},
		{"POST", "405", request("POST", "/", address, s.Token(), "Content-Length: 0")},
		{"HEAD", "405", request("HEAD", "/", address, s.Token())},
		{"OPTIONS", "405", request("OPTIONS", "*", address, s.Token())},
		{"CONNECT", "4", request("CONNECT", address, address, s.Token())},
		{"a body", "413", request("GET", "/", address, s.Token(), "Content-Length: 5", "", "hello")},
		{"a body without end", "413", request("GET", "/", address, s.Token(), "Transfer-Encoding: chunked")},
		{"an unknown profile", "404", request("GET", "/none", address, s.Token())},
		{"a directory", "404", request("GET", "/a/b/", address, s.Token())},
		{"two slashes", "404", request("GET", "//work", address, s.Token())},
		{"a way up", "404", request("GET", "/none/../work", address, s.Token())},
		{"an encoded way up", "404", request("GET", "/none/%2e%2e/work", address, s.Token())},
		{"encoded twice", "404", request("GET", "/%2577ork", address, s.Token())},
		{"a NUL", "404", request("GET", "/work%00", address, s.Token())},
		{"a slash in place of an encoded one", "200", request("GET", "/a/b", address, s.Token())}, // the same name: no other's credentials
		{"bad encoding", "400", request("GET", "/%zz", address, s.Token())},
		{"a large header", "431", request("GET", "/", address, s.Token(), "X: "+strings.Repeat("x", 1<<20))},
		{"many headers", "431", request("GET", "/", address, s.Token(), strings.Repeat("X: y\r\n", 1<<16)+"Z: z")},
		{"a long path", "431", request("GET", "/"+strings.Repeat("x", 1<<20), address, s.Token())},
		{"no HTTP", "400", exchange(t, address, "hello\r\n\r\n")},
	} {
		if tt.got != "" && !strings.HasPrefix(tt.got, tt.want) || tt.got == "" && tt.want != "431" {
			t.Errorf("%s: %.200q, want %s", tt.name, tt.got, tt.want)
		}
		if tt.want != "200" && strings.Contains(tt.got, ststest.Marker) {
			t.Errorf("%s: credentials are in the answer", tt.name)
		}
		var problem struct{ Code, Message string }
		if status, body, _ := strings.Cut(tt.got, " "); body != "" && strings.Contains("401 403 404 405 413 421", status) &&
			(json.Unmarshal([]byte(body), &problem) != nil || problem.Code == "" || problem.Message == "") {
			t.Errorf("%s: no code and message in %q", tt.name, body)
		}
	}
}

// TestToken: each server has another token, which cannot be guessed.
func TestToken(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		s := New(Config{})
		defer s.Close()
		if len(s.Token()) != 43 || seen[s.Token()] || strings.ContainsAny(s.Token(), "+/= ") {
			t.Fatalf("a token of %d characters", len(s.Token()))
		}
		seen[s.Token()] = true
	}
}
