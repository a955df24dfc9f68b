package signin

import "context"

// LoginPerson is the way to who signs in. Its methods are not called at once.
type LoginPerson interface {
	// Browse opens a page in a browser on this machine, and shows its address in case
	// nothing opens.
	Browse(ctx context.Context, page string) error
	// Show shows the address of a page that may be opened in any browser, on any
	// machine.
	Show(ctx context.Context, page string) error
	// Ask asks for a line, which a page shows.
	Ask(ctx context.Context, question string) (string, error)
	// Wrong says what is wrong with the answer, before Ask is called again.
	Wrong(err error)
}
