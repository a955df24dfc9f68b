package readfile

// nonblock is nothing: named pipes have a place of their own.
const nonblock = 0
