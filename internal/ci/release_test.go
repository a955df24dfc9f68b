package ci

import (
	"os"
	"regexp"
	"testing"
)

// TestReleaseRecipe: what is measured and tested is built as what users get.
func TestReleaseRecipe(t *testing.T) {
	recipes := []string{"Makefile", ".goreleaser.yaml", "internal/bench/world.go", "internal/e2e/main_test.go"}
	for what, pattern := range map[string]string{
		"cgo":         `CGO_ENABLED=0`,
		"tags":        `\bnethttpomithttp2\b`,
		"entry":       `-E=_rt0_awsexec\b`,
		"after links": `initorder.*/populate.*/warm\b`,
	} {
		for _, file := range recipes {
			text, err := os.ReadFile("../../" + file)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile(pattern).Match(text) {
				t.Errorf("%s: %s is not as in the other recipes", file, what)
			}
		}
	}
}
