package server

import "time"

// checkEvery is how long credentials are handed out after a check that they are
// current. A check reads one or two small files.
const checkEvery = time.Second

// vouched reports whether a need not be checked at now.
func (a *answer) vouched(now time.Time) bool {
	age := now.Sub(time.Unix(0, a.checked.Load()))
	return a.current == nil || 0 <= age && age < checkEvery
}

// startCheck returns the check that is under way, after starting one of a if
// there is none. A check ends with a vouched for, or dropped.
func (e *entry) startCheck(a *answer) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.check != nil {
		return e.check
	}
	check := make(chan struct{})
	switch {
	case e.current.Load() != a || a.vouched(e.wall()): // another goroutine has finished one since its caller looked
		close(check)
	case e.renewals.begin(func() { e.warnOnce(e.runCheck(a)) }):
		e.check = check
	default: // the server is closed
		e.current.CompareAndSwap(a, nil)
		close(check)
	}
	return check
}

// runCheck drops a unless its credentials are current. The next request has new
// ones made: at once if these are not current, after a pause if that could not
// be found out.
func (e *entry) runCheck(a *answer) error {
	current, err := a.current(e.ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil && current {
		a.checked.Store(e.wall().UnixNano())
	} else if e.current.CompareAndSwap(a, nil) {
		e.note(err)
	}
	close(e.check)
	e.check = nil
	return err
}
