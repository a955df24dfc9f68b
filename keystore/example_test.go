package keystore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/keystore"
)

// Example_file keeps a key in the encrypted file, which the first Put makes.
func Example_file() {
	dir, err := os.MkdirTemp("", "keystore")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := keystore.OpenFile(keystore.Options{
		Dir: dir,
		Env: os.Getenv,
		Passphrase: func(context.Context, bool) ([]byte, error) {
			return []byte("S3CR3TMARKER of a person"), nil
		},
		WorkFactor: 10, // quick, and weak: leave it out
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "S3CR3TMARKER"}
	if err := store.Put(ctx, "dev", key); err != nil {
		log.Fatal(err)
	}
	entries, err := store.List(ctx) // from the index: it needs no passphrase
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.Name, e.AccessKeyID)
	}
	_, err = store.Get(ctx, "prod")
	fmt.Println(errors.Is(err, keystore.ErrNotFound))
	// Output:
	// dev AKIAIOSFODNN7EXAMPLE
	// true
}

func ExampleCheckName() {
	fmt.Println(keystore.CheckName("work"))
	fmt.Println(keystore.CheckName("-p"))
	// Output:
	// <nil>
	// name "-p": must not begin with -
}
