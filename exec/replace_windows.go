package exec

import "errors"

// Replace returns errors.ErrUnsupported: a Windows process cannot become another program. Use Run.
func (c *Cmd) Replace() error { return errors.ErrUnsupported }
