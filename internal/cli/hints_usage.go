package cli

// Advice for command lines that cannot be read.
const (
	hintOfTwoNames  = "name it once, as an argument or by -p"
	hintOfKeyInLine = "it asks for the key: awsexec add NAME"
	hintOfEmpty     = "is a variable of a script not set? Give the argument a value, or leave it out"
)

// hintOfNoName returns the advice for a command that needs a name.
func hintOfNoName(e noNameError, a *advisor) string { return a.command(string(e), "NAME") }

// hintOfJSON returns the line that exports JSON.
func hintOfJSON(a *advisor) string {
	words := []string{"--format", "process"}
	if name := a.settings.Profile; name != "" {
		words = append([]string{"-p", name}, words...)
	}
	return "JSON is the format process: " + a.command("export", words...)
}
