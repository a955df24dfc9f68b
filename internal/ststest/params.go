// Ranges of parameters, and the errors of STS for them.

package ststest

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// form is the range of a parameter. Source: the STS API reference.
type form struct {
	min, max int // characters
	pattern  string
}

// checker reads parameters and collects the problems with them, in STS's words.
type checker struct {
	params   url.Values
	problems []string
}

// text returns a parameter. A missing one is a problem only if it is required.
func (c *checker) text(name string, f form, required bool) string {
	value := c.params.Get(name)
	if !c.params.Has(name) {
		if required {
			c.problem("null", name, "Member must not be null")
		}
		return ""
	}
	quoted := "'" + value + "'"
	length := utf8.RuneCountInString(value)
	if length < f.min {
		c.problem(quoted, name, fmt.Sprintf("Member must have length greater than or equal to %d", f.min))
	}
	if length > f.max {
		c.problem(quoted, name, fmt.Sprintf("Member must have length less than or equal to %d", f.max))
	}
	if !regexp.MustCompile(`^(?:` + f.pattern + `)$`).MatchString(value) {
		c.problem(quoted, name, "Member must satisfy regular expression pattern: "+f.pattern)
	}
	return value
}

// duration returns DurationSeconds, or standard if it is missing.
func (c *checker) duration(least, most, standard int) time.Duration {
	const name = "DurationSeconds"
	if !c.params.Has(name) {
		return time.Duration(standard) * time.Second
	}
	value := c.params.Get(name)
	seconds, err := strconv.ParseInt(value, 10, 32)
	switch {
	case err != nil:
		c.problem("'"+value+"'", name, "Member must be an integer")
	case seconds < int64(least):
		c.problem("'"+value+"'", name, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	case seconds > int64(most):
		c.problem("'"+value+"'", name, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return time.Duration(seconds) * time.Second
}

// mfa checks the form of SerialNumber and TokenCode.
func (c *checker) mfa() {
	c.text("SerialNumber", form{9, 256, `[\w+=/:,.@-]*`}, false)
	c.text("TokenCode", form{6, 6, `[\d]*`}, false)
}

// atMost reports a problem if a list is too long.
func (c *checker) atMost(limit, length int, name string) {
	if length > limit {
		c.problem("'["+strconv.Itoa(length)+" members]'", name,
			fmt.Sprintf("Member must have length less than or equal to %d", limit))
	}
}

func (c *checker) problem(value, name, constraint string) {
	member := strings.ToLower(name[:1]) + name[1:]
	if name == "WebIdentityToken" && value != "null" {
		value = "***" // do not repeat a secret
	}
	c.problems = append(c.problems, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value,
		member, constraint))
}

// fault returns the ValidationError for all problems, or nil.
func (c *checker) fault() *Fault {
	switch len(c.problems) {
	case 0:
		return nil
	case 1:
		return refuse(ValidationError("1 validation error detected: " + c.problems[0]))
	}
	return refuse(ValidationError(fmt.Sprintf("%d validation errors detected: %s", len(c.problems),
		strings.Join(c.problems, "; "))))
}
