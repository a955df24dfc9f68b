package session

import "sync"

// notices are those of what is being waited for. A question to the user ends
// them: one that came up later would be in the middle of the prompt.
type notices struct {
	mu   sync.Mutex
	last int
	done map[int]func()
}

// begin adds a notice that done ends, and returns the function that ends it.
func (n *notices) begin(done func()) (end func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.done == nil {
		n.done = map[int]func(){}
	}
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

// end ends all notices.
func (n *notices) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, done := range n.done {
		done()
	}
	clear(n.done)
}

// Waiting is Events.Waiting for what may have to ask the user: there is no
// notice once that has begun.
func (p *Person) Waiting(what string) (done func()) {
	return p.notices.begin(p.events.Waiting(what))
}
