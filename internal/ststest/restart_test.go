package ststest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A server that was closed and started again has the same address and knows its
// sessions.
func TestRestart(t *testing.T) {
	srv := start(t)
	session := sessionOf(t, srv, me, "")
	srv.Close()
	if _, err := client(srv, session).GetCallerIdentity(t.Context(), nil, func(o *sts.Options) { o.RetryMaxAttempts = 1 }); err == nil {
		t.Error("a closed server answers")
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := client(srv, session).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
