// Package guard keeps the memory of this process, in which long-term keys are,
// from other processes of the same user and from core files.
package guard
