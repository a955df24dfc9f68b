// Command demo shows awsexec at work from end to end without an AWS account:
// "make demo". With -record it writes what it shows to a file.
//
// It installs awsexec into an empty home directory, starts a stand-in for AWS on
// loopback, and types on a terminal what a new user would. It needs Unix, Go and
// make, changes nothing outside of a temporary directory and build, and fails if a
// step does not do what it describes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == asAWS {
		if err := callAWS(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	record := flag.String("record", "", "write what is shown to `FILE`")
	flag.Parse()
	if err := run(*record); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(record string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if record == "" {
		return demo(ctx, os.Stdout)
	}
	f, err := os.Create(record + ".new")
	if err != nil {
		return err
	}
	err = demo(ctx, io.MultiWriter(f, os.Stdout))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(record + ".new")
		return err
	}
	return os.Rename(record+".new", record)
}
