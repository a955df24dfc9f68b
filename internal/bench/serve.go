package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	servedProfiles  = 50
	serveClients    = 16               // connections, each with one request after the other
	serveRequests   = 60000            // in total
	serveTime       = 15 * time.Second // at most
	serveLeast      = 5000             // a second
	serveMostAt99   = 10 * time.Millisecond
	serveStartLimit = time.Minute
)

// serve measures the endpoint of awsexec serve on one processor. The clients
// are goroutines of this program.
func serve(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, serveStartLimit+serveTime)
	defer cancel()
	subject, err := w.serving()
	if err != nil {
		return err
	}
	cmd := subject.command(ctx)
	cmd.Stderr = w.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	at, token, err := printed(out)
	if err != nil {
		return fmt.Errorf("%s: %w", subject.name, err)
	}

	before := processorTime(cmd.Process.Pid)
	began := time.Now()
	latencies, err := fetchAll(ctx, at, token)
	took, used := time.Since(began), processorTime(cmd.Process.Pid)-before
	if err != nil {
		return fmt.Errorf("%s: %w", subject.name, err)
	}
	slices.Sort(latencies)
	p99 := latencies[len(latencies)*99/100]
	rate := float64(len(latencies)) / took.Seconds()
	r.row(fmt.Sprintf("serve, %d profiles, one processor", servedProfiles), fmt.Sprintf("%.0f a second", rate),
		fmt.Sprintf("%.2f … %.1f ms", float64(latencies[0])/float64(time.Millisecond),
			float64(latencies[len(latencies)-1])/float64(time.Millisecond)),
		fmt.Sprintf("%d clients, %d requests", serveClients, len(latencies)), "p99 "+ms(p99),
		fmt.Sprintf("≥ %d at p99 ≤ %s", serveLeast, ms(serveMostAt99)),
		rate >= serveLeast && p99 <= serveMostAt99)
	if used > 0 {
		r.note("serve used %s of processor time for %d requests: %.0f for each second of it. Median %.2f ms.",
			ms(used), len(latencies), float64(len(latencies))/used.Seconds(), float64(latencies[len(latencies)/2])/float64(time.Millisecond))
	}
	return nil
}

// serving returns a run of serve with many profiles: roles, each with its own
// session.
func (w *world) serving() (subject, error) {
	var config strings.Builder
	fmt.Fprintf(&config, "[profile work]\nregion = %s\n", region)
	var args []string
	for i := range servedProfiles {
		name := servedName(i)
		arn := fmt.Sprintf("arn:aws:iam::%s:role/%s", account, name)
		if err := w.sts.AddRole(ststest.Role{ARN: arn, Trust: []string{account}}); err != nil {
			return subject{}, err
		}
		fmt.Fprintf(&config, "\n[profile %s]\nrole_arn = %s\nsource_profile = work\nregion = %s\n", name,
			arn, region)
		args = append(args, "-p", name)
	}
	path := w.path(".aws", "served")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		return subject{}, err
	}
	s := w.awsexec(append(args, "serve", "--format", "env-no-export")...)
	s.name = "awsexec serve"
	s.env = w.environ("AWS_CONFIG_FILE="+path, "GOMAXPROCS=1")
	return s, nil
}

func servedName(i int) string { return fmt.Sprintf("served-%02d", i) }

// printed returns the address and the token that serve prints.
func printed(out io.Reader) (address, token string, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), "="); name {
		case "AWS_CONTAINER_CREDENTIALS_FULL_URI":
			u, err := url.Parse(value)
			if err != nil {
				return "", "", err
			}
			address = u.Host
		case "AWS_CONTAINER_AUTHORIZATION_TOKEN":
			return address, value, nil
		}
	}
	return "", "", errors.New("serve printed no address")
}

// fetchAll lets all clients make their requests and returns the time of each
// request.
func fetchAll(ctx context.Context, address, token string) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, serveTime)
	defer cancel()
	all := make([][]time.Duration, serveClients)
	failures := make([]error, serveClients)
	var clients sync.WaitGroup
	for n := range serveClients {
		clients.Go(func() { all[n], failures[n] = fetch(ctx, address, token, n) })
	}
	clients.Wait()
	return slices.Concat(all...), errors.Join(failures...)
}

// fetch is one client. It requests one profile after the other on one
// connection, and only checks that each answer is complete and holds
// credentials. It does little because it shares the machine with what it
// measures.
func fetch(ctx context.Context, address, token string, first int) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(serveTime + 10*time.Second)); err != nil {
		return nil, err
	}
	requests := make([][]byte, servedProfiles)
	for i := range requests {
		requests[i] = fmt.Appendf(nil, "GET /%s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nAuthorization: %s\r\n\r\n", servedName(i), address, token)
	}
	in := bufio.NewReaderSize(conn, 16<<10)
	headers := textproto.NewReader(in)
	var body []byte
	latencies := make([]time.Duration, 0, serveRequests/serveClients)
	for n := first; len(latencies) < cap(latencies) && ctx.Err() == nil; n++ {
		began := time.Now()
		if _, err := conn.Write(requests[n%servedProfiles]); err != nil {
			return nil, err
		}
		status, err := headers.ReadLine()
		if err != nil {
			return nil, err
		}
		length := 0
		for {
			line, err := headers.ReadLineBytes()
			if err != nil {
				return nil, err
			}
			if len(line) == 0 {
				break
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(value)); err != nil {
					return nil, err
				}
			}
		}
		body = slices.Grow(body[:0], length)[:length]
		if _, err := io.ReadFull(in, body); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(began))
		if status != "HTTP/1.1 200 OK" || !bytes.HasPrefix(body, []byte(`{"AccessKeyId":"ASIA`)) {
			return nil, fmt.Errorf("%s: %s", servedName(n%servedProfiles), status)
		}
	}
	return latencies, nil
}
