// Package guard protects the memory of this process, which holds long-term
// keys, from other processes of the same user and from core files.
package guard
