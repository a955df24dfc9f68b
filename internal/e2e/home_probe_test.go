//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// probe runs the programs that tests need and no system has. The test binary
// calls it if its name is probe.
func probe(args []string) int {
	switch args[0] {
	case "whoami": // a client of the Go SDK
		return probeWhoami()
	case "key": // prints the access key that the Go SDK finds
		return probeKey()
	case "region": // prints the region that the Go SDK finds
		return probeConfig(func(c aws.Config) { fmt.Println("go", c.Region) })
	case "settings": // prints the settings that the Go SDK finds
		return probeConfig(printSettings)
	case "loop": // calls STS again and again until a file exists
		return probeLoop(args[1])
	case "totp": // an mfa_process, which adds a line to a file each time it runs
		return probeTOTP(args[1])
	case "args": // prints its arguments
		for _, arg := range args[1:] {
			fmt.Printf("%q\n", arg)
		}
		return 0
	case "nokeys": // becomes a program for which the kernel refuses keys
		return probeNoKeys(args[1], args[2:])
	case "signals": // counts the signals that it catches, until SIGUSR2
		return probeSignals()
	}
	fmt.Fprintln(os.Stderr, "unknown probe")
	return 1
}

func probeWhoami() int {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conf, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1")) // a client without a region cannot sign
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

func probeConfig(show func(aws.Config)) int {
	conf, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	show(conf)
	return 0
}

func printSettings(c aws.Config) {
	fmt.Println(c.Region, aws.ToString(c.BaseEndpoint), c.RetryMode, c.RetryMaxAttempts, c.DefaultsMode, c.AppID)
	fmt.Println(c.DisableRequestCompression, c.RequestMinCompressSizeBytes, c.RequestChecksumCalculation, c.ResponseChecksumValidation,
		c.AccountIDEndpointMode, c.AuthSchemePreference)
	client := sts.NewFromConfig(c).Options()
	fmt.Println(aws.ToString(client.BaseEndpoint), client.EndpointOptions.UseFIPSEndpoint, client.EndpointOptions.UseDualStackEndpoint)
}

func probeLoop(stop string) int {
	ctx := context.Background()
	conf, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1")) // a client without a region cannot sign
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
		time.Sleep(100 * time.Millisecond) // the program has other things to do too
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
