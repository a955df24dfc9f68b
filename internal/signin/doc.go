// Package signin has a person sign in at AWS in a browser, and returns the tokens that
// come of it. It keeps nothing and prints nothing: a [Person] is who shows and asks.
package signin
