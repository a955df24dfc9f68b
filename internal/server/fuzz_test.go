package server

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// FuzzRequest checks that only GET requests with the token, to a host of ours,
// get credentials, and that all others get JSON without them. TOKEN stands for
// the token.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: TOKEN\r\n\r\n",
		"GET /work HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAuthorization: TOKEN\r\n\r\n",
		"GET /%77ork?x#y HTTP/1.1\r\nHost: [::1]:8\r\nAuthorization: TOKEN\r\n\r\n",
		"GET http://localhost/work HTTP/1.1\r\nHost: evil\r\nAuthorization: TOKEN\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: TOKEN\r\nContent-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: TOKEN\r\nAuthorization: TOKEN\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: localhost:x\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /.. HTTP/1.0\r\n\r\n",
	} {
		f.Add(text)
	}
	s := New(Config{
		Profiles: []Profile{fixed("work"), fixed("other")}, Now: time.Now,
		Lasting: func(error) bool { return false }, Warn: func(string, error) {},
	})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "TOKEN", s.Token()))))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		s.handle(w, r)
		body := w.Body.String()
		if !json.Valid([]byte(body)) || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("answer %d: %q", w.Code, body)
		}
		host := strings.ToLower(r.Host)
		may := r.Method == http.MethodGet && r.ContentLength == 0 && len(r.Header["Authorization"]) == 1 && r.Header.Get("Authorization") == s.Token() &&
			(strings.HasPrefix(host, "localhost") || strings.HasPrefix(host, "127.0.0.1") || strings.HasPrefix(strings.TrimPrefix(host, "["), "::1"))
		if w.Code == http.StatusOK && !may {
			t.Fatalf("credentials for %q", text)
		}
		if w.Code != http.StatusOK && (strings.Contains(body, ststest.Marker) || strings.Contains(body, s.Token())) {
			t.Fatalf("answer %d holds a secret", w.Code)
		}
	})
}
