package readfile

// nonblock is not needed on Windows, where a named pipe is never at the path of
// a file.
const nonblock = 0
