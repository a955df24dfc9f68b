package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	loadClients  = 200
	loadProfiles = 50
	loadLife     = 6 * time.Second // of a session
)

// loadTime returns how long the load lasts: AWSEXEC_TEST_LOAD, or until the
// slowest client has been thrown out.
func loadTime(t *testing.T) time.Duration {
	text := os.Getenv("AWSEXEC_TEST_LOAD")
	if text == "" {
		return readLimit + 3*time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// counted makes the sessions of one profile.
type counted struct {
	name   string
	issued atomic.Int64
	served sync.Map // the ids that clients got
}

func (c *counted) source(ctx context.Context) (Credentials, error) {
	select {
	case <-time.After(time.Duration(rand.IntN(50)) * time.Millisecond):
	case <-ctx.Done():
		return Credentials{}, ctx.Err()
	}
	id := fmt.Sprintf("ASIA-%s-%d", c.name, c.issued.Add(1))
	return Credentials{Credentials: aws.Credentials{AccessKeyID: id, SecretAccessKey: ststest.Marker + id, SessionToken: ststest.Marker + strings.Repeat("t", 800),
		CanExpire: true, Expires: time.Now().Add(loadLife)}}, nil
}

// TestLoad: under the load of 200 clients, while others attack, every answer is
// right: the profile's own session, not expired, and one renewal for each.
// Memory does not grow with the load.
func TestLoad(t *testing.T) {
	var all []*counted
	var profiles []Profile
	for i := range loadProfiles {
		c := &counted{name: fmt.Sprintf("profile-%02d", i)}
		all = append(all, c)
		profiles = append(profiles, Profile{c.name, c.source})
	}
	s, address := serve(t, nil, profiles...)
	for _, c := range all {
		if err := s.Fetch(t.Context(), c.name); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), loadTime(t))
	defer cancel()

	heap := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	runtime.GC()
	before, peak := heap(), int64(0)
	began := time.Now()

	var clients, attackers sync.WaitGroup
	var requests, refusals atomic.Int64
	latencies := make([][]time.Duration, loadClients)
	transport := &http.Transport{MaxIdleConnsPerHost: loadClients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for n := range loadClients {
		clients.Go(func() {
			for ctx.Err() == nil {
				c := all[rand.IntN(len(all))]
				asked := time.Now()
				id, err := ask(client, "http://"+address+Path(c.name), s.Token())
				if err != nil || !strings.HasPrefix(id, "ASIA-"+c.name+"-") {
					t.Errorf("%s: got %s, %v after %v", c.name, id, err, time.Since(asked))
					return
				}
				c.served.Store(id, true)
				latencies[n] = append(latencies[n], time.Since(asked))
				requests.Add(1)
			}
		})
	}
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: " + address + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: " + strings.Repeat("x", 43) + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: evil.example\r\nAuthorization: " + s.Token() + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + address + "\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: " + address + "\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("x", 1<<20),
	} {
		attackers.Go(func() {
			for ctx.Err() == nil {
				if answer := exchange(t, address, text); strings.HasPrefix(answer, "200 ") || strings.Contains(answer, ststest.Marker) {
					t.Errorf("%.80q was answered", text)
				}
				refusals.Add(1)
			}
		})
	}
	slow := make([]time.Duration, 50)
	for i := range slow {
		attackers.Go(func() { slow[i] = loris(ctx, t, address) })
	}
	attackers.Go(func() {
		for ctx.Err() == nil {
			peak = max(peak, heap())
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	clients.Wait()
	attackers.Wait()
	took := time.Since(began)

	issued := int64(0)
	for _, c := range all {
		n := c.issued.Load()
		issued += n
		// The next one is made when half of the life is over, at the earliest.
		if most := int64(2 + took/(loadLife/2-time.Second)); n > most {
			t.Errorf("%s: %d sessions in %v", c.name, n, took)
		}
		unseen := n
		c.served.Range(func(any, any) bool { unseen--; return true })
		if unseen > 1 { // the last one may have come too late for anybody
			t.Errorf("%s: %d of %d sessions were made for nobody", c.name, unseen, n)
		}
	}
	sorted := slices.Concat(latencies...)
	slices.Sort(sorted)
	slices.Sort(slow)
	growth := peak - before
	t.Logf("%d clients, %d profiles, %v: %d requests (%.0f a second; client and server in one process), median %v, p99 %v, %d sessions; %d attacks refused; slow clients thrown out after %v at most; memory +%.1f MiB",
		loadClients, loadProfiles, took.Round(time.Second), requests.Load(), float64(requests.Load())/took.Seconds(),
		sorted[len(sorted)/2].Round(time.Microsecond), sorted[len(sorted)*99/100].Round(time.Microsecond), issued, refusals.Load(), slow[len(slow)-1].Round(time.Millisecond), float64(growth)/(1<<20))
	if growth > 64<<20 {
		t.Errorf("memory grew by %d bytes", growth)
	}
	if refusals.Load() == 0 || requests.Load() < loadClients {
		t.Error("that was no load")
	}
}

// ask gets credentials as an SDK does, and checks that they have not expired and
// belong together.
func ask(client *http.Client, url, token string) (keyID string, err error) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", token)
	asked := time.Now()
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", answer.Status, body)
	}
	var c struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Expiration      time.Time
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return "", err
	}
	if c.SecretAccessKey != ststest.Marker+c.AccessKeyID {
		return "", errors.New("the secret is another's")
	}
	if !c.Expiration.After(asked) {
		return "", fmt.Errorf("ended at %v, asked for at %v", c.Expiration, asked)
	}
	return c.AccessKeyID, nil
}

// loris sends an endless header, a byte at a time, and returns how long the
// server put up with it.
func loris(ctx context.Context, t *testing.T, address string) time.Duration {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer conn.Close()
	began := time.Now()
	go func() {
		for _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nX: "); err == nil; _, err = io.WriteString(conn, "x") {
			time.Sleep(20 * time.Millisecond) // as slow clients are
		}
	}()
	_ = conn.SetReadDeadline(began.Add(readLimit + 30*time.Second))
	answer, err := io.ReadAll(conn)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() || strings.Contains(string(answer), "200 OK") {
		t.Errorf("a slow client is still there after %v", time.Since(began))
	}
	return time.Since(began)
}
