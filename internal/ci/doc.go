// Package ci holds what watches over the repository as a whole: the installer
// of what tests need, the script that runs them, and a test of which packages
// may import which.
package ci
