package session

import (
	"sync"

	"github.com/awsexec/awsexec/internal/provider"
)

// notices are those of what is being waited for. A question to the user ends
// them, and none begins before it is answered: one that came up meanwhile would be
// in the middle of the prompt.
type notices struct {
	mu     sync.Mutex
	asking int // the questions that are not answered
	last   int
	done   map[int]func()
}

// begin starts a notice, unless a question is open, and returns the function that
// ends it.
func (n *notices) begin(start func() (done func())) (end func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asking > 0 {
		return func() {}
	}
	if n.done == nil {
		n.done = map[int]func(){}
	}
	done := start()
	n.last++
	id := n.last
	n.done[id] = done
	return func() {
		done()
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.done, id)
	}
}

// ask ends all notices, and returns the function to call when the question is
// answered.
func (n *notices) ask() (answered func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asking++
	for _, done := range n.done {
		done()
	}
	clear(n.done)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.asking--
	}
}

// Waiting is Events.Waiting where a question may be asked meanwhile: there is no
// notice while that is open.
func (p *Person) Waiting(what string) (done func()) {
	return p.notices.begin(func() func() { return p.events.Waiting(what) })
}

// WaitingForPerson is Events.WaitingForPerson in the same way.
func (p *Person) WaitingForPerson(what string) (done func()) {
	return p.notices.begin(func() func() { return p.events.WaitingForPerson(what) })
}

// politeEvents are events whose notices keep out of questions.
type politeEvents struct {
	provider.Events
	person *Person
}

func (e politeEvents) Waiting(what string) func() { return e.person.Waiting(what) }

func (e politeEvents) WaitingForPerson(what string) func() { return e.person.WaitingForPerson(what) }

// asEvents returns the events of the run, whose notices keep out of questions.
func (p *Person) asEvents() provider.Events { return politeEvents{p.events, p} }
