package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "missing name of a probe")
		os.Exit(1)
	}
	os.Exit(probe(os.Args[1], os.Args[2:]))
}

func probe(name string, args []string) int {
	switch name {
	case "whoami": // a client of the Go SDK
		return whoami()
	case "args": // prints its arguments
		for _, arg := range args {
			fmt.Printf("%q\n", arg)
		}
		return 0
	case "env": // prints the environment block as received
		for _, kv := range os.Environ() {
			fmt.Printf("%q\n", kv)
		}
		return 0
	case "exit": // exits with a code of up to 32 bits
		code, err := strconv.ParseUint(args[0], 10, 32)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return int(code)
	case "cat": // copies its input to its output
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case "say":
		fmt.Println(strings.Join(args, " "))
		return 0
	case "home": // runs a program with another home
		return runIn(args[0], args[1:])
	case "run": // runs a program as Windows programs do, and prints its exit code
		return run(args)
	case "hold": // keeps a connection to an address open until it is killed
		return hold(args[0])
	case "events": // counts console events until its input ends
		return events()
	case "press": // runs a program on a new console and presses Ctrl-C there
		return press(args)
	}
	fmt.Fprintln(os.Stderr, "unknown probe")
	return 1
}

func whoami() int {
	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	defer cancel()
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out, err := sts.NewFromConfig(conf).GetCallerIdentity(ctx, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(*out.Arn)
	return 0
}

func hold(address string) int {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_, err = conn.Write([]byte("."))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = conn.Read(make([]byte, 1)) // returns when the peer closes
	return 0
}
