package server

import (
	"container/list"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"
)

// Places are shared out so that nobody without the token keeps out those who
// have it.
const (
	maxStrangers = 2048 // connections that have not shown the token
	maxKnown     = 512  // connections that have shown it
	reserved     = 64   // file descriptors for all else: the AWS files, the keystore, connections to AWS

	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// room returns how many strangers and known clients have a place where a
// process may have limit files open.
func room(limit uint64) (strangers, known int) {
	const all = maxStrangers + maxKnown
	total := all
	if limit < all+reserved {
		total = max(int(limit)-reserved, 15)
	}
	known = total * maxKnown / all
	return total - known, known
}

// places is a listener that gives each connection a place, and never keeps one
// waiting for what a stranger does.
//
// A connection is a stranger until it has shown the token. When there are too
// many strangers, the oldest one is closed for the newest: whoever has the
// token shows it at once. Those that have shown it have places of their own,
// and are closed only while no request of theirs is being answered, the longest
// idle one first. New connections wait only while as many requests with the
// token are being answered as there are places for them.
type places struct {
	net.Listener
	maxStrangers, maxKnown int

	closing chan struct{}
	close   func() // closes closing

	mu        sync.Mutex
	changed   sync.Cond  // when a request has been answered, and at the end
	ended     bool       // the listener is closed
	strangers *list.List // of *guest, the oldest one first
	idle      *list.List // of *guest, the longest idle one first
	answering int        // guests that have shown the token and are being answered
}

func newPlaces(l net.Listener, strangers, known int) *places {
	p := &places{Listener: l, maxStrangers: strangers, maxKnown: known, closing: make(chan struct{}), strangers: list.New(), idle: list.New()}
	p.changed.L = &p.mu
	p.close = sync.OnceFunc(func() { close(p.closing) })
	return p
}

// Accept returns the next connection, a *guest. It fails only when the listener
// is closed. After other errors, such as a lack of file descriptors, it closes
// connections or waits, and tries again.
func (p *places) Accept() (net.Conn, error) {
	pause := minAcceptPause
	for p.waitForRoom() {
		conn, err := p.Listener.Accept()
		if err == nil {
			return p.admit(conn), nil
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if p.closeOne() {
			continue
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, maxAcceptPause)
		case <-p.closing:
		}
	}
	return nil, net.ErrClosed
}

// waitForRoom waits until another connection may be accepted, and reports whether
// it may: not after Close.
func (p *places) waitForRoom() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.answering >= p.maxKnown && !p.ended {
		p.changed.Wait()
	}
	return !p.ended
}

// admit gives conn a stranger's place.
func (p *places) admit(conn net.Conn) *guest {
	g := &guest{Conn: conn, places: p}
	p.mu.Lock()
	var oldest *guest
	if p.strangers.Len() >= p.maxStrangers {
		oldest = p.leave(p.strangers.Front())
	}
	g.place = p.strangers.PushBack(g)
	p.mu.Unlock()
	if oldest != nil {
		oldest.Conn.Close()
		runtime.Gosched() // clients whose token has arrived show it before others are let in
	}
	return g
}

// closeOne closes the connection that can best be spared, and reports whether
// there was one.
func (p *places) closeOne() bool {
	p.mu.Lock()
	place := p.strangers.Front()
	if place == nil {
		place = p.idle.Front()
	}
	if place == nil {
		p.mu.Unlock()
		return false
	}
	g := p.leave(place)
	p.mu.Unlock()
	g.Conn.Close()
	return true
}

// leave takes a guest off its list and returns it. The caller holds p.mu.
func (p *places) leave(place *list.Element) *guest {
	g := place.Value.(*guest)
	if g.known {
		p.idle.Remove(place)
	} else {
		p.strangers.Remove(place)
	}
	g.place, g.gone = nil, true
	return g
}

// Close closes the listener and ends an Accept.
func (p *places) Close() error {
	p.mu.Lock()
	p.ended = true
	p.changed.Broadcast()
	p.mu.Unlock()
	p.close()
	return p.Listener.Close()
}

// guest is a connection with a place.
type guest struct {
	net.Conn
	places *places

	// Guarded by places.mu:
	known bool          // has shown the token
	gone  bool          // has no place any more
	place *list.Element // in strangers, or in idle if it is known; nil while it is known and being answered
}

// shown is called when g has shown the token.
func (g *guest) shown() {
	p := g.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if g.gone || g.known {
		return
	}
	p.strangers.Remove(g.place)
	g.place, g.known = nil, true
	p.answering++
	if p.idle.Len() > 0 && p.idle.Len()+p.answering > p.maxKnown {
		p.leave(p.idle.Front()).Conn.Close()
	}
}

// asks is called when a request of g has arrived.
func (g *guest) asks() {
	p := g.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if !g.gone && g.known && g.place != nil {
		p.idle.Remove(g.place)
		g.place = nil
		p.answering++
	}
}

// rests is called when g has been answered and may ask again.
func (g *guest) rests() {
	p := g.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if !g.gone && g.known && g.place == nil {
		g.place = p.idle.PushBack(g)
		p.answering--
		p.changed.Signal()
	}
}

// Close gives the place back.
func (g *guest) Close() error {
	p := g.places
	p.mu.Lock()
	switch {
	case g.gone:
	case g.place != nil:
		p.leave(g.place)
	default:
		g.gone = true
		p.answering--
		p.changed.Signal()
	}
	p.mu.Unlock()
	return g.Conn.Close()
}
