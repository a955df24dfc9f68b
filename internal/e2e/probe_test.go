//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// probe is what this test binary does under the name probe: the programs that tests need and no system has.
func probe(args []string) int {
	switch args[0] {
	case "whoami": // a client of the Go SDK
		return probeWhoami()
	case "key": // says which access key the Go SDK finds
		return probeKey()
	case "loop": // the same again and again, until a file is there
		return probeLoop(args[1])
	case "totp": // an mfa_process; it leaves a line in a file each time it is asked
		return probeTOTP(args[1])
	case "args": // says which arguments it got
		for _, arg := range args[1:] {
			fmt.Printf("%q\n", arg)
		}
		return 0
	case "nokeys": // becomes a program to which the kernel refuses keys
		return probeNoKeys(args[1], args[2:])
	case "signals": // counts all that are caught, until SIGUSR2
		return probeSignals()
	case "interrupts": // counts SIGINT until SIGTERM
		return probeInterrupts()
	}
	fmt.Fprintln(os.Stderr, "no such probe")
	return 1
}

func probeWhoami() int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
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

func probeKey() int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conf, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		c, getErr := conf.Credentials.Retrieve(ctx)
		if err = getErr; err == nil {
			fmt.Println("go", c.AccessKeyID)
			return 0
		}
	}
	fmt.Println("go refuses")
	fmt.Fprintln(os.Stderr, err)
	return 0
}

func probeLoop(stop string) int {
	ctx := context.Background()
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		fmt.Println("failed", err)
		return 1
	}
	client := sts.NewFromConfig(conf)
	code := 0
	for {
		_, statErr := os.Stat(stop)
		out, err := client.GetCallerIdentity(ctx, nil)
		if err != nil {
			fmt.Println("failed", err)
			code = 1
		} else {
			fmt.Println(*out.Arn)
			code = 0
		}
		if statErr == nil {
			return code
		}
		time.Sleep(100 * time.Millisecond) // a program that has something else to do, too
	}
}

func probeTOTP(count string) int {
	f, err := os.OpenFile(count, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer f.Close()
	fmt.Fprintln(f, "asked")
	fmt.Println(bobCode())
	return 0
}

func probeSignals() int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	fmt.Printf("pid %d.\n", os.Getpid())
	count := map[os.Signal]int{}
	for s := range signals {
		if s == syscall.SIGUSR2 {
			break
		}
		count[s]++
		fmt.Printf("%v %d.\n", s, count[s])
	}
	fmt.Printf("total %d.\n", len(count))
	return 7
}

func probeInterrupts() int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	fmt.Printf("pid %d.\n", os.Getpid())
	n := 0
	for s := range signals {
		if s == syscall.SIGTERM {
			break
		}
		n++
		fmt.Printf("interrupt %d.\n", n)
	}
	fmt.Printf("total %d.\n", n)
	return 7
}
