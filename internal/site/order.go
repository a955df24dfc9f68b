package main

// order is the table of contents: the sources of the pages, by the part of the site
// that they are in.
var order = []struct {
	title   string
	sources []string
}{
	{"Start", []string{"README.md", "docs/install.md", "docs/concepts.md", "docs/recipes.md", "docs/migrating.md", "docs/shell.md", "docs/faq.md"}},
	{"Credentials", []string{"docs/sign-in.md", "docs/console.md", "docs/long-running.md", "docs/serve.md", "docs/ssh.md", "docs/kubernetes.md", "docs/docker.md", "docs/children.md", "docs/precedence.md", "docs/agents.md", "docs/rules.md"}},
	{"Keys", []string{"docs/keystores.md", "docs/helpers.md", "docs/mfa.md", "docs/rotating.md"}},
	{"Reference", []string{"docs/reference.md", "docs/messages.md", "docs/log.md", "docs/json.md", "docs/networks.md", "docs/platforms.md", "docs/stability.md", "CHANGELOG.md"}},
	{"Trust", []string{"docs/security.md", "SECURITY.md", "docs/verify.md", "docs/reliability.md", "docs/performance.md", "docs/comparison.md", "CONTRIBUTING.md"}},
}
