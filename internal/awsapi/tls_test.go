package awsapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// authority makes certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.certificate = a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent := a.certificate
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// serve starts a server with a certificate for these hosts.
func (a *authority) serve(t *testing.T, from, to time.Time, hosts ...string) *httptest.Server {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "server"}, NotBefore: from, NotAfter: to, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{a.sign(t, template, key).Raw}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// file returns a file with the authority's certificate, for a client to trust.
func (a *authority) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The error of an unsafe connection says what is wrong with the certificate: its
// names, its dates or its issuer.
func TestCertificates(t *testing.T) {
	now := time.Now()
	ours, corporate := newAuthority(t, "ours"), newAuthority(t, "Example Corp \x1b[31mProxy CA")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	spoken := httptest.NewUnstartedServer(http.NotFoundHandler())
	spoken.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} // what is tested is that nobody talks to it
	spoken.Config.ErrorLog = log.New(io.Discard, "", 0)
	spoken.StartTLS()
	defer spoken.Close()
	const stamp = `\d{4}-\d\d-\d\d \d\d:\d\d UTC`
	for _, tt := range []struct {
		name   string
		server *httptest.Server
		want   string // a regular expression, in which HOST is the server's
		kind   WireKind
	}{
		{"name", ours.serve(t, now.Add(-time.Hour), now.Add(time.Hour), "portal.example"), "the certificate of HOST is for portal.example", CertName},
		{"names", ours.serve(t, now.Add(-time.Hour), now.Add(time.Hour), "a.example", "b.example", "c.example", "10.0.0.1", "10.0.0.2"),
			"the certificate of HOST is for a.example, b.example, c.example and 2 more", CertName},
		{"no names", ours.serve(t, now.Add(-time.Hour), now.Add(time.Hour)), "the certificate of HOST names no host", CertName},
		{"expired", ours.serve(t, now.Add(-48*time.Hour), now.Add(-24*time.Hour), "127.0.0.1"),
			"the certificate of HOST expired on " + now.Add(-24*time.Hour).UTC().Format("2006-01-02 15:04 UTC") + "; this machine's clock says " + stamp, CertTime},
		{"not yet", ours.serve(t, now.Add(24*time.Hour), now.Add(48*time.Hour), "127.0.0.1"),
			"the certificate of HOST is not valid before " + now.Add(24*time.Hour).UTC().Format("2006-01-02 15:04 UTC") + "; this machine's clock says " + stamp, CertTime},
		{"issuer", corporate.serve(t, now.Add(-time.Hour), now.Add(time.Hour), "127.0.0.1"),
			`the certificate of HOST is issued by "CN=Example Corp \\x1b\[31mProxy CA", which this machine does not trust`, CertIssuer},
		{"plain HTTP", plain, "HOST does not speak TLS with us: .*", NoTLS},
		{"old TLS", spoken, "HOST does not speak TLS with us: .*", NoTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host := strings.TrimPrefix(strings.TrimPrefix(tt.server.URL, "https://"), "http://")
			_, err := Client{Endpoint: "https://" + host, CABundle: ours.file(t)}.WhoAmI(t.Context(), aliceKey)
			want := "^get caller identity with " + aliceID + ": " + strings.ReplaceAll(tt.want, "HOST", regexp.QuoteMeta(host)) + "$"
			if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
				t.Fatalf("got  %v\nwant %s", err, want)
			}
			var call *CallError
			if fault := explain(err); fault.Kind != tt.kind || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", call) {
				t.Errorf("%T of kind %d, want %d", err, fault.Kind, tt.kind)
			}
		})
	}
	good := ours.serve(t, now.Add(-time.Hour), now.Add(time.Hour), "127.0.0.1")
	_, err := Client{Endpoint: good.URL, CABundle: ours.file(t)}.WhoAmI(t.Context(), aliceKey)
	if err == nil || !strings.HasSuffix(err.Error(), "answered 404 Not Found") {
		t.Errorf("with a good certificate: %v", err)
	}
}
