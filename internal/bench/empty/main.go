// Command empty does nothing. It shows the least time of a Go process.
package main

func main() {}
