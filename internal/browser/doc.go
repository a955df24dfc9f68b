// Package browser shows a page with a secret address in a browser of the user's,
// without that address in the arguments of a program, where everybody on the machine
// could read it: what the browser gets is a link to this process, which redirects to
// the page, once.
package browser
