//go:build unix

package script

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// buckets are the sessions of a script's STS, for the other services of the script.
// Its S3 lets each do what its session policies allow.
type buckets struct {
	mu     sync.Mutex
	minted []aws.Credentials
	allow  []func(aws.Credentials) // of the services that know them
}

type bucketsKey struct{}

// learn tells the services of a new session.
func (b *buckets) learn(c aws.Credentials) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.minted = append(b.minted, c)
	for _, allow := range b.allow {
		allow(c)
	}
}

// tell has a service know all sessions.
func (b *buckets) tell(allow func(aws.Credentials)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.minted {
		allow(c)
	}
	b.allow = append(b.allow, allow)
}

// bucket is the command bucket; see TestScripts.
func bucket(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[0] != "start" {
		ts.Fatalf("usage: bucket start NAME")
	}
	b := ts.Value(bucketsKey{}).(*buckets)
	s3, err := awstest.StartS3(args[1])
	ts.Check(err)
	ts.Defer(s3.Close)
	s3.Put(args[1], "k", []byte("got k\n"))
	s3.Judge(ts.Value(serverKey{}).(*ststest.Server).Allows)
	b.tell(s3.Allow)
	ts.Setenv("S3CLIENT_URL", s3.URL())
}

// s3Client is a program that uses the credentials of an AWS SDK: it gets an object
// (get BUCKET KEY) or puts one (put BUCKET KEY).
func s3Client() {
	if err := askS3(context.Background(), os.Args[1], "/"+os.Args[2]+"/"+os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func askS3(ctx context.Context, verb, path string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	body := []byte("put\n")
	if verb == "get" {
		body = nil
	}
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(verb), os.Getenv("S3CLIENT_URL")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(ctx, c, r, hash, "s3", "eu-west-1", time.Now()); err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var refused struct{ Code string }
		_ = xml.NewDecoder(answer.Body).Decode(&refused)
		return fmt.Errorf("%d %s", answer.StatusCode, refused.Code)
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}
