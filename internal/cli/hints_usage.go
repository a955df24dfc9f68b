package cli

// Advice for command lines that cannot be read.
const (
	hintOfTwoNames = "name it once, as an argument or by -p"
	hintOfEmpty    = "is a variable of a script not set? Give the argument a value, or leave it out"
)

// hintOfNoName returns the advice for a command that needs a name.
func hintOfNoName(e noNameError, a *advisor) string { return a.command(string(e), "NAME") }
