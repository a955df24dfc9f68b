package ownfile

// CheckWrite returns nil: whether a file can be written shows on Windows only when
// it is.
func (Dir) CheckWrite() error { return nil }
