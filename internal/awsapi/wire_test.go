package awsapi

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/ststest"
)

// answer makes a server give this answer to everything.
func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// raw makes a server answer with these bytes and close the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(connection, text)
		_ = connection.Close()
	}
}

// stall keeps the client waiting, after what begin has written.
func stall(begin func(http.ResponseWriter)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client has gone
		begin(w)
		<-r.Context().Done()
	}
}

const (
	page  = "<!DOCTYPE html><html><body>" + ststest.Marker + "</body></html>"
	whole = `<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetSessionTokenResult><Credentials>` +
		`<AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>2026-01-02T12:00:00Z</Expiration>` +
		`</Credentials></GetSessionTokenResult></GetSessionTokenResponse>`
)

func gzipped(body []byte) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.String()
}

// A failure of AWS, or of what is on the way to it, is reported with host and status,
// and repeated only if that may help.
func TestAnswersOfOthers(t *testing.T) {
	credentials := func(id, secret, token string) string { return fmt.Sprintf(whole, id, secret, token) }
	bomb := gzipped(make([]byte, 64<<20))
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // after "get session token with AKIA…: "; HOST is the server's
		calls   int
	}{
		{"503 page", answer(503, "text/html", page), "HOST answered 503 Service Unavailable", 3},
		{"503 text", answer(503, "text/plain", "no healthy upstream"), "HOST answered 503 Service Unavailable", 3},
		{"502 empty", answer(502, "", ""), "HOST answered 502 Bad Gateway", 3},
		{"500 JSON", answer(500, "application/json", `{"message":"x"}`), "HOST answered 500 Internal Server Error", 3},
		{"504 XML of others", answer(504, "text/xml", "<Error/>"), "HOST answered 504 Gateway Timeout", 3},
		{"429 text", answer(429, "text/plain", "slow down"), "HOST answered 429 Too Many Requests", 3},
		{"403 page", answer(403, "text/html", page), "HOST answered 403 Forbidden", 1},
		{"404 text", answer(404, "text/plain", "404"), "HOST answered 404 Not Found", 1},
		{"status without a name", answer(599, "text/plain", "x"), "HOST answered 599", 1},
		{"407", answer(407, "text/html", page), "the proxy in front of HOST answered 407 Proxy Authentication Required", 1},
		{"302", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.portal.example/?a="+ststest.Marker, http.StatusFound)
		},
			"HOST answered 302 Found, a redirect to login.portal.example, which is not followed", 1},
		{"307 to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
		},
			"HOST answered 307 Temporary Redirect, a redirect, which is not followed", 1},
		{"308", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "//other.example:8080/", http.StatusPermanentRedirect)
		},
			"HOST answered 308 Permanent Redirect, a redirect to other.example, which is not followed", 1},
		{"captive portal", answer(200, "text/html; charset=utf-8", page),
			"the answer of HOST (200 OK) is a web page, not AWS: a proxy or a captive portal?", 1},
		{"page of another type", answer(200, "text/xml", "\n "+page),
			"the answer of HOST (200 OK) is a web page, not AWS: a proxy or a captive portal?", 1},
		{"empty", answer(200, "text/xml", ""), "the answer of HOST (200 OK) is empty", 1},
		{"no content", answer(204, "", ""), "the answer of HOST (204 No Content) is empty", 1},
		{"cut off", answer(200, "text/xml", credentials("ASIA", ststest.Marker, "t")[:250]),
			"the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", 1},
		{"other XML", answer(200, "text/xml", "<a>"+ststest.Marker+"</a>"), "the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", 1},
		{"JSON", answer(200, "application/json", `{"secret":"`+ststest.Marker+`"}`), "the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", 1},
		{"error that succeeds", answer(200, "text/xml", "<ErrorResponse/>"), "the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", 1},
		{"zeros", answer(200, "text/xml", strings.Repeat("\x00", 1000)), "the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", 1},
		{"too long", answer(200, "text/xml", credentials("ASIA", ststest.Marker, strings.Repeat("t", 2<<20))), "the answer of HOST (200 OK) is longer than 1 MiB", 1},
		{"too long error", answer(400, "text/xml", strings.Repeat("<a>", 1<<20)), "the answer of HOST (400 Bad Request) is longer than 1 MiB", 1},
		{"gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, bomb)
		}, "the answer of HOST (200 OK) is longer than 1 MiB", 1},
		{"long header", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, "HOST cannot be reached: ", 3},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.9\r\n"), "HOST does not answer in HTTP: TLS, or another protocol, on this port?", 1},
		{"closed", raw(""), "HOST closed the connection without an answer", 3},
		{"closed within", raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<GetSess"), "HOST closed the connection in the middle of its answer", 3},
		{"no element", answer(200, "text/xml", "<GetSessionTokenResponse></GetSessionTokenResponse>"), "the answer cannot be read", 1},
		{"no credentials", answer(200, "text/xml", "<GetSessionTokenResponse><GetSessionTokenResult/></GetSessionTokenResponse>"), "sts answered without complete credentials", 1},
		{"no token", answer(200, "text/xml", credentials("AKIA", ststest.Marker, "")), "sts answered without a session token: what it made is not temporary credentials", 1},
		{"long token", answer(200, "text/xml", credentials("ASIA", ststest.Marker, strings.Repeat("t", 70<<10))),
			"the session token in the answer has 71680 bytes, more than the 65536 that are taken", 1},
		{"long id", answer(200, "text/xml", credentials(strings.Repeat("A", 129), ststest.Marker, "t")),
			"the access key id in the answer has 129 bytes, more than the 128 that are taken", 1},
		{"line break", answer(200, "text/xml", credentials("ASIA", ststest.Marker+"&#10;AWS_PROFILE=x", "t")),
			"the secret access key in the answer holds characters that none of AWS has", 1},
		{"long message", answer(400, "text/xml", "<ErrorResponse><Error><Code>ValidationError</Code><Message>"+strings.Repeat("long ", 1000)+"</Message></Error></ErrorResponse>"),
			"ValidationError: " + strings.Repeat("long ", 200) + "…", 1},
		{"no request id", answer(403, "text/xml", "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>it is</Message></Error></ErrorResponse>"), "ExpiredToken: it is", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				tt.handler(w, r)
			}))
			defer server.Close()
			_, err := Client{Endpoint: server.URL}.GetSessionToken(t.Context(), aliceKey, &sts.GetSessionTokenInput{})
			if err == nil {
				t.Fatal("no error")
			}
			want := strings.ReplaceAll(tt.want, "HOST", strings.TrimPrefix(server.URL, "http://"))
			text := strings.TrimPrefix(err.Error(), "get session token with "+aliceID+": ")
			if text != want && !(strings.HasSuffix(want, ": ") && strings.HasPrefix(text, want)) {
				t.Errorf("got  %.300s\nwant %.300s", text, want)
			}
			if n := int(calls.Load()); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), ststest.Marker) {
				t.Errorf("a secret in %v", err)
			}
		})
	}
}

// A call ends in time, however the other side delays it, and reports how long it
// waited.
func TestStalls(t *testing.T) {
	drip := func(text string) http.HandlerFunc {
		return stall(func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		})
	}
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": stall(func(http.ResponseWriter) {}),
		"body":      drip("<GetSessionTokenResponse>"),
		"slow drip": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "<a>")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handler)
			defer server.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			_, err := Client{Endpoint: server.URL}.GetSessionToken(ctx, aliceKey, &sts.GetSessionTokenInput{})
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			var fault *WireError
			if !errors.As(err, &fault) || fault.Kind != TimedOut {
				t.Fatalf("not a timeout: %v", err)
			}
			host := strings.TrimPrefix(server.URL, "http://")
			want := "get session token with " + aliceID + ": " + host + " did not answer within "
			if fault.Partial { // which it is if the machine is not too busy
				want = "get session token with " + aliceID + ": " + host + " began to answer and did not finish within "
			}
			if !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v, want %s…", err, want)
			}
		})
	}
}

// expiring returns a context that times out when done is closed.
type expiring struct {
	context.Context
	done chan struct{}
}

func (c expiring) Done() <-chan struct{} { return c.done }

func (c expiring) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A call times out while its answer is being read.
func TestStallWithinAnswer(t *testing.T) {
	ctx := expiring{t.Context(), make(chan struct{})}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			_, _ = http.ReadRequest(bufio.NewReader(theirs))
			// Nothing is buffered on the way: that all is written means that the body is being read.
			_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat(" ", 50000))
			close(ctx.done)
		}()
		return ours, nil
	}}
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://sts.example/", nil)
	_, err := NewWire(transport, Query).Do(r)
	if want := "sts.example began to answer and did not finish within "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// An interruption is not reported as a failure of the network.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(stall(func(http.ResponseWriter) { cancel() }))
	defer server.Close()
	_, err := Client{Endpoint: server.URL}.WhoAmI(ctx, aliceKey)
	if !errors.Is(err, context.Canceled) || errors.As(err, new(*WireError)) || err.Error() != "get caller identity with "+aliceID+": interrupted" {
		t.Errorf("got %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := Client{Endpoint: server.URL}.WhoAmI(t.Context(), aliceKey)
	if want := strings.TrimPrefix(server.URL, "http://") + " cannot be reached: dial tcp "; err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v, want %q", err, want)
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "sts.eu-wset-1.amazonaws.com", Server: "127.0.0.53:53", IsNotFound: true}},
			"the name of sts.eu-wset-1.amazonaws.com cannot be resolved: no such host"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}},
			"the name of sts.eu-wset-1.amazonaws.com cannot be resolved: server misbehaving"},
	} {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, tt.err }}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://user:"+ststest.Marker+"@sts.eu-wset-1.amazonaws.com:443/", nil)
		response, err := NewWire(transport, Query).Do(r)
		if response != nil || err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// A failure of a proxy is reported as the proxy's, with its host alone.
func TestProxies(t *testing.T) {
	answers := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, tt := range []struct {
		name  string
		proxy http.HandlerFunc // nil for one that is down
		want  string
	}{
		{"407", answers(407), "the proxy PROXY answered 407 Proxy Authentication Required"},
		{"403", answers(403), "the proxy PROXY answered 403 Forbidden"},
		{"503", answers(503), "the proxy PROXY answered 503 Service Unavailable"},
		{"down", nil, "the proxy PROXY cannot be used: proxyconnect tcp: dial tcp PROXY: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := closed
			if tt.proxy != nil {
				server = httptest.NewServer(tt.proxy)
				defer server.Close()
			}
			proxy, _ := url.Parse(server.URL)
			proxy.User = url.UserPassword("me", ststest.Marker)
			for _, scheme := range []string{"https", "http"} {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, scheme+"://sts.amazonaws.com/", strings.NewReader("x"))
				_, err := NewWire(&http.Transport{Proxy: http.ProxyURL(proxy)}, Query).Do(r)
				want := strings.ReplaceAll(tt.want, "PROXY", proxy.Host)
				if scheme == "http" && tt.proxy != nil && tt.name != "407" { // it may be the answer of the service
					want = "sts.amazonaws.com (through the proxy " + proxy.Host + ")" + strings.TrimPrefix(want, "the proxy "+proxy.Host)
				}
				if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), ststest.Marker) {
					t.Errorf("%s: got %v, want %s", scheme, err, want)
				}
			}
		})
	}
	socks, _ := url.Parse(closed.URL)
	socks.Scheme, socks.User = "socks5", url.UserPassword("me", ststest.Marker)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://sts.amazonaws.com/", nil)
	_, err := NewWire(&http.Transport{Proxy: http.ProxyURL(socks)}, Query).Do(r)
	if want := "the proxy " + socks.Host + " cannot be used: "; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), ststest.Marker) {
		t.Errorf("got %v, want %s", err, want)
	}
	invalid := func(*http.Request) (*url.URL, error) {
		return nil, errors.New("http://me:" + ststest.Marker + "@[proxy: missing ]")
	}
	_, err = NewWire(&http.Transport{Proxy: invalid}, Query).Do(r)
	if want := "the URL of the proxy for sts.amazonaws.com is invalid"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// An identity that is too long is an error.
func TestLongIdentity(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("a", 5<<10):     "the identity in the answer has 5168 bytes, more than the 4096 that are taken",
		"arn:aws:iam::1:user/a\u202eb": "the identity in the answer holds characters that none of AWS has",
	} {
		server := httptest.NewServer(answer(200, "text/xml", "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"+text+"</Arn><UserId>"+
			strings.Repeat("A", 36)+"</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"))
		_, err := Client{Endpoint: server.URL}.WhoAmI(t.Context(), aliceKey)
		server.Close()
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"nonsense":                               `the endpoint "nonsense" is not a URL to call`,
		"sts.example:443":                        `the endpoint "sts.example:443" is not a URL to call`,
		"ftp://sts.example":                      `the endpoint "ftp://sts.example" is not a URL to call`,
		"https://":                               `the endpoint "https://" is not a URL to call`,
		"me:" + ststest.Marker + "@host":         `the endpoint "…@host" is not a URL to call`,
		"http://me:" + ststest.Marker + "@[host": `the endpoint "…@[host" is not a URL to call`,
	} {
		client := Client{Endpoint: endpoint, IAMEndpoint: endpoint}
		_, stsErr := client.WhoAmI(t.Context(), aliceKey)
		_, iamErr := client.IAM(aliceKey).CreateAccessKey(t.Context())
		for _, err := range []error{stsErr, iamErr} {
			if err == nil || err.Error() != want {
				t.Errorf("%s: %v, want %s", endpoint, err, want)
			}
		}
	}
}
