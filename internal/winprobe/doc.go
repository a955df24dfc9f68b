// Command winprobe is, built for Windows, what tests under Wine need and no system has: a client of the AWS SDK for Go, a child that
// tells what it was given, and a console to press Ctrl-C on. Elsewhere it is nothing.
package main
