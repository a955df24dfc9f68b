package browser

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const page = "https://signin.example.org/federation?SigninToken=S3CR3TMARKER"

func newLink(t *testing.T) *Link {
	t.Helper()
	l, err := NewLink(page)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// get asks for url as a browser does that follows no redirects.
func get(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		if request.Header.Set(name, value); name == "Host" {
			request.Host = value
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

func isDone(l *Link) bool {
	select {
	case <-l.Done():
		return true
	default:
		return false
	}
}

// The link works once, and only as it was given.
func TestLinkWorksOnce(t *testing.T) {
	l := newLink(t)
	base := "http://" + l.server.Host
	for _, c := range []struct {
		method, url string
		header      []string
		want        int
	}{
		{"GET", base + "/", nil, 404},
		{"GET", base + "/favicon.ico", nil, 404},
		{"GET", l.URL() + "x", nil, 404},
		{"GET", l.URL()[:len(l.URL())-1], nil, 404},
		{"GET", l.URL(), []string{"Host: evil.example.org"}, 404}, // a name that leads to this machine
		{"HEAD", l.URL(), nil, 405},
		{"POST", l.URL(), nil, 405},
		{"GET", l.URL(), []string{"Sec-Purpose: prefetch;prerender"}, 503},
	} {
		answer := get(t, c.method, c.url, c.header...)
		if answer.StatusCode != c.want || answer.Header.Get("Location") != "" {
			t.Errorf("%s %s %q: %d to %s, want %d", c.method, c.url, c.header, answer.StatusCode, answer.Header.Get("Location"), c.want)
		}
	}
	if isDone(l) {
		t.Fatal("the link is used up")
	}
	answer := get(t, "GET", l.URL())
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != page || answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d, %v", answer.StatusCode, answer.Header)
	}
	select {
	case <-l.Done():
	case <-time.After(30 * time.Second):
		t.Error("the link is not done")
	}
	if again := get(t, "GET", l.URL()); again.StatusCode != http.StatusGone || again.Header.Get("Location") != "" {
		t.Errorf("the second browser got %d", again.StatusCode)
	}
	other := newLink(t)
	if other.path == l.path || len(other.path) < 20 {
		t.Errorf("the path %s can be guessed", other.path)
	}
}

// Of browsers that ask at the same time one is redirected.
func TestLinkAtOnce(t *testing.T) {
	l := newLink(t)
	var group sync.WaitGroup
	got := make(chan int, 8)
	for range cap(got) {
		group.Go(func() { got <- get(t, "GET", l.URL()).StatusCode })
	}
	group.Wait()
	close(got)
	counts := map[int]int{}
	for status := range got {
		counts[status]++
	}
	if counts[http.StatusSeeOther] != 1 || counts[http.StatusGone] != cap(got)-1 {
		t.Errorf("answers %v", counts)
	}
}

// After Close nobody answers.
func TestLinkCloses(t *testing.T) {
	l := newLink(t)
	l.Close()
	if conn, err := net.Dial("tcp", l.server.Host); err == nil {
		conn.Close()
		t.Error("the link answers")
	}
}
