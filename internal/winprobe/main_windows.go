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
		fmt.Fprintln(os.Stderr, "no probe named")
		os.Exit(1)
	}
	os.Exit(probe(os.Args[1], os.Args[2:]))
}

func probe(name string, args []string) int {
	switch name {
	case "whoami": // a client of the Go SDK
		return whoami()
	case "args": // says which arguments it got
		for _, arg := range args {
			fmt.Printf("%q\n", arg)
		}
		return 0
	case "env": // the environment block as it came
		for _, kv := range os.Environ() {
			fmt.Printf("%q\n", kv)
		}
		return 0
	case "exit": // a code of up to 32 bits
		code, err := strconv.ParseUint(args[0], 10, 32)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return int(code)
	case "cat": // hands its input on
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
	case "run": // runs a program as Windows programs do, and says how it ended
		return run(args)
	case "hold": // stays on the line with an address until it is killed
		return hold(args[0])
	case "events": // counts console events until its input ends
		return events()
	case "press": // runs a program on a console of its own and presses Ctrl-C there
		return press(args)
	}
	fmt.Fprintln(os.Stderr, "no such probe")
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
	_, _ = conn.Read(make([]byte, 1)) // nothing comes
	return 0
}
