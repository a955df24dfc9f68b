package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
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
	case "run": // runs a program as Windows programs do, and says how it ended
		return run(args)
	case "hold": // says who it is and stays until its input ends
		fmt.Printf("pid %d.\n", os.Getpid())
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return 0
	case "events": // counts console events until its input ends
		return events()
	case "press": // runs a program on a console of its own and presses keys there
		return press(args[0], args[1:])
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
