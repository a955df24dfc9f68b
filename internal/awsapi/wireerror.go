package awsapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// WireKind is what went wrong on the way to a service.
type WireKind int

const (
	NoConnection WireKind = iota // refused, unreachable, or anything without a kind of its own
	NameUnknown                  // the host's name has no address
	TimedOut                     // no answer in time
	BrokenOff                    // the connection ended before the answer did
	NotHTTP                      // something else than HTTP was spoken
	NoTLS                        // the port does not speak TLS, or not with us
	CertName                     // the certificate is for other hosts
	CertTime                     // the certificate has expired or is not valid yet
	CertIssuer                   // the certificate's issuer is not trusted
	CertOther                    // the certificate is invalid for another reason
	ProxyInvalid                 // the proxy's URL cannot be used
	ProxyFailed                  // the proxy cannot be reached or refuses to pass the request on
	Redirected                   // the answer sends the request elsewhere
	WebPage                      // the answer is a web page
	BadStatus                    // an error that is not the service's own
	TooLong                      // the answer is longer than any of AWS
	Unreadable                   // the answer is empty, cut off, or something else
)

// WireError reports an attempt that got no answer from the service. Its text is for
// people and holds no part of the answer.
type WireError struct {
	Kind    WireKind
	Host    string // that was called
	Proxy   string // host of the proxy in between, "" for none
	Status  int    // of the answer, 0 for none
	To      string // host that a redirect leads to
	Empty   bool   // of an unreadable answer: there was none
	Partial bool   // the answer had begun
	Waited  time.Duration
	err     error // of the network; nil if an answer is wrong
}

func (e *WireError) Unwrap() error { return e.err }

// status returns the status with its name in HTTP, not that of the server.
func (e *WireError) status() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
}

func (e *WireError) Error() string {
	host := e.Host
	if e.Proxy != "" && e.Kind != ProxyFailed && e.Kind != NameUnknown {
		host += " (through the proxy " + e.Proxy + ")"
	}
	switch e.Kind {
	case NameUnknown:
		return fmt.Sprintf("the name of %s cannot be resolved: %s", host, e.short())
	case TimedOut:
		if e.Partial {
			return fmt.Sprintf("%s began to answer and did not finish within %s", host, e.Waited.Round(time.Second))
		}
		return fmt.Sprintf("%s did not answer within %s", host, e.Waited.Round(time.Second))
	case BrokenOff:
		if e.Partial {
			return host + " closed the connection in the middle of its answer"
		}
		return host + " closed the connection without an answer"
	case NotHTTP:
		return host + " does not answer in HTTP: TLS, or another protocol, on this port?"
	case NoTLS:
		return fmt.Sprintf("%s does not speak TLS with us: %s", host, e.short())
	case CertName, CertTime, CertIssuer, CertOther:
		return e.certificate(host)
	case ProxyInvalid:
		return fmt.Sprintf("the URL of the proxy for %s is invalid", host)
	case ProxyFailed:
		proxy := e.Proxy
		if proxy == "" {
			proxy = "in front of " + e.Host
		}
		if e.Status == 0 {
			return fmt.Sprintf("the proxy %s cannot be used: %s", proxy, e.short())
		}
		return fmt.Sprintf("the proxy %s answered %s", proxy, e.status())
	case Redirected:
		if e.To == "" {
			return fmt.Sprintf("%s answered %s, a redirect, which is not followed", host, e.status())
		}
		return fmt.Sprintf("%s answered %s, a redirect to %s, which is not followed", host, e.status(), e.To)
	case WebPage:
		return fmt.Sprintf("the answer of %s (%s) is a web page, not AWS: a proxy or a captive portal?", host, e.status())
	case BadStatus:
		return fmt.Sprintf("%s answered %s", host, e.status())
	case TooLong:
		return fmt.Sprintf("the answer of %s (%s) is longer than %d MiB", host, e.status(), maxAnswer>>20)
	case Unreadable:
		if e.Empty {
			return fmt.Sprintf("the answer of %s (%s) is empty", host, e.status())
		}
		return fmt.Sprintf("the answer of %s (%s) cannot be read: cut off, or not AWS's", host, e.status())
	default:
		return fmt.Sprintf("%s cannot be reached: %s", host, e.short())
	}
}

// short returns the text of the network's error without the URL, and without what
// WireError itself says.
func (e *WireError) short() string {
	var dns *net.DNSError
	if errors.As(e.err, &dns) {
		return dns.Err
	}
	var request *url.Error
	err := e.err
	if errors.As(err, &request) {
		err = request.Err
	}
	if err == nil {
		return "no reason given"
	}
	return cut(err.Error())
}

// maxNames is how many names of a certificate are shown.
const maxNames = 3

// certificate returns why the certificate of host is not accepted.
func (e *WireError) certificate(host string) string {
	const stamp = "2006-01-02 15:04 MST"
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	switch {
	case e.Kind == CertName && errors.As(e.err, &name):
		names := name.Certificate.DNSNames
		for _, ip := range name.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		if len(names) == 0 {
			return fmt.Sprintf("the certificate of %s names no host", host)
		}
		more := ""
		if len(names) > maxNames {
			more = fmt.Sprintf(" and %d more", len(names)-maxNames)
			names = names[:maxNames]
		}
		return fmt.Sprintf("the certificate of %s is for %s%s", host, cut(strings.Join(names, ", ")), more)
	case e.Kind == CertTime && errors.As(e.err, &invalid):
		now := time.Now().UTC()
		if now.Before(invalid.Cert.NotBefore) {
			return fmt.Sprintf("the certificate of %s is not valid before %s; this machine's clock says %s",
				host, invalid.Cert.NotBefore.UTC().Format(stamp), now.Format(stamp))
		}
		return fmt.Sprintf("the certificate of %s expired on %s; this machine's clock says %s",
			host, invalid.Cert.NotAfter.UTC().Format(stamp), now.Format(stamp))
	case e.Kind == CertIssuer && errors.As(e.err, &verification) && len(verification.UnverifiedCertificates) > 0:
		chain := verification.UnverifiedCertificates
		return fmt.Sprintf("the certificate of %s is issued by %q, which this machine does not trust", host, cut(chain[len(chain)-1].Issuer.String()))
	}
	return fmt.Sprintf("the certificate of %s is not accepted: %s", host, e.short())
}

// maxText is how many bytes are shown of a text that somebody else has written.
const maxText = 1000

// cut returns a text of somebody else, shortened to maxText.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// explain returns err as a WireError, whose kind follows from the errors of the
// network.
func explain(err error) *WireError {
	var known *WireError
	if errors.As(err, &known) {
		return known
	}
	e := &WireError{err: err, Partial: errors.As(err, new(*partialError))}
	var dns *net.DNSError
	var op *net.OpError
	var invalid x509.CertificateInvalidError
	var header tls.RecordHeaderError
	var alert tls.AlertError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		e.Kind = ProxyFailed
	case errors.As(err, &dns) && !dns.IsTimeout:
		e.Kind = NameUnknown
	case errors.As(err, new(x509.HostnameError)):
		e.Kind = CertName
	case errors.As(err, new(x509.UnknownAuthorityError)):
		e.Kind = CertIssuer
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Kind = CertTime
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, &invalid):
		e.Kind = CertOther
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &header), errors.As(err, &alert), errors.As(err, &op) && op.Op == "remote error":
		e.Kind = NoTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Kind = TimedOut
	case strings.Contains(err.Error(), "malformed HTTP"): // net/http has no type for it
		e.Kind = NotHTTP
	case errors.As(err, &op) && op.Op == "dial":
		e.Kind = NoConnection
	case e.Partial, errors.As(err, &op) && (op.Op == "read" || op.Op == "write"), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		e.Kind = BrokenOff
	}
	return e
}

// passing reports whether the next attempt may succeed.
func (e *WireError) passing() bool {
	var dns *net.DNSError
	switch e.Kind {
	case NoConnection, TimedOut, BrokenOff:
		return true
	case NameUnknown:
		return errors.As(e.err, &dns) && !dns.IsNotFound
	case BadStatus, ProxyFailed:
		switch e.Status {
		case 0, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
	}
	return false
}
