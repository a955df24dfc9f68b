// Package ci checks the repository as a whole. It holds the installer of what
// tests need, the script that runs the tests, and a test of the imports between
// packages.
package ci
