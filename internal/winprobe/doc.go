// Command winprobe is, built for Windows, what tests under Wine need and no
// system has: a client of the AWS SDK for Go, a child that prints what it
// received, and a console to press Ctrl-C on. On other systems it does nothing.
package main
