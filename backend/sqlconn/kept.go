package sqlconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// kept holds the connectors that open made.
type kept struct {
	open func(context.Context, connuri.Connection) (driver.Connector, error)
	turn chan struct{} // held while open runs, so that goroutines share its connector

	mu      sync.Mutex
	current []*opened // the connectors in use, the newest first
	served  []*opened // dropped connectors to close at the end, since their sessions may be open
	latest  driver.Connector
	closed  bool
}

// most is how many connectors are kept: a rotation has two passwords.
const most = 2

// opened is a connector and the connection it was made for.
type opened struct {
	conn      connuri.Connection
	connector driver.Connector
	users     int  // logins under way
	served    bool // it has opened a session
	dropped   bool // it was removed from current
}

// result is the result of a login.
type result uint8

const (
	failed result = iota
	refused
	succeeded
)

func newKept(open func(context.Context, connuri.Connection) (driver.Connector, error)) kept {
	return kept{open: open, turn: make(chan struct{}, 1)}
}

// get returns the connector for a connection. Each get needs a release.
func (k *kept) get(ctx context.Context, conn connuri.Connection) (*opened, error) {
	if o, err := k.find(conn); o != nil || err != nil {
		return o, err
	}
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-k.turn }()
	if o, err := k.find(conn); o != nil || err != nil {
		return o, err
	}
	connector, err := k.open(ctx, conn)
	if err != nil {
		return nil, err
	}
	if isNil(connector) {
		return nil, errNoConnector
	}
	return k.add(conn, connector)
}

// find returns the current connector for a connection, or nil.
func (k *kept) find(conn connuri.Connection) (*opened, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, errClosed
	}
	for _, o := range k.current {
		if o.conn.Equal(conn) && o.conn.Empty == conn.Empty { // hooks distinguish empty from absent
			o.users++
			return o, nil
		}
	}
	return nil, nil
}

func (k *kept) add(conn connuri.Connection, connector driver.Connector) (*opened, error) {
	o := &opened{conn: conn, connector: connector, users: 1}
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return nil, errors.Join(errClosed, o.close())
	}
	k.latest = connector
	k.current = slices.Insert(k.current, 0, o)
	var old *opened
	if len(k.current) > most {
		old = k.drop(k.current[most])
	}
	k.mu.Unlock()
	panicked := true
	defer func() {
		if panicked {
			k.release(o, failed)
		}
	}()
	_ = old.close() // it has no sessions, so its error does not matter
	panicked = false
	return o, nil
}

// release ends a login. A connector whose login was refused is not used again.
func (k *kept) release(o *opened, r result) {
	k.mu.Lock()
	o.users--
	o.served = o.served || r == succeeded
	var unused *opened
	switch {
	case o.dropped:
		unused = k.outgoing(o)
	case r == refused:
		unused = k.drop(o)
	}
	k.mu.Unlock()
	_ = unused.close() // it has no sessions, so its error does not matter
}

// drop removes a connector from the current ones. It returns the connector if the caller must
// close it now.
func (k *kept) drop(o *opened) *opened {
	k.current = slices.DeleteFunc(k.current, func(c *opened) bool { return c == o })
	o.dropped = true
	return k.outgoing(o)
}

// outgoing decides when a dropped connector is closed. It returns the connector if the caller
// must close it now. A connector with sessions is closed at the end. While logins are in
// progress, the last of them decides.
func (k *kept) outgoing(o *opened) *opened {
	_, closes := o.connector.(io.Closer)
	switch {
	case o.users > 0 || !closes:
		return nil
	case o.served && !k.closed:
		k.served = append(k.served, o)
		return nil
	}
	return o
}

func (o *opened) close() error {
	if o == nil {
		return nil
	}
	if closer, ok := o.connector.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// last returns the connector that was opened last, or nil.
func (k *kept) last() driver.Connector {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.latest
}

// close closes all connectors. Those with logins in progress are closed after the last login.
func (k *kept) close() error {
	k.mu.Lock()
	k.closed = true
	unused := k.served
	for _, o := range slices.Clone(k.current) {
		if o = k.drop(o); o != nil {
			unused = append(unused, o)
		}
	}
	k.served = nil
	k.mu.Unlock()
	return closeAll(unused)
}

// closeAll closes all connectors, even if one of them panics.
func closeAll(list []*opened) (err error) {
	if len(list) == 0 {
		return nil
	}
	defer func() { err = errors.Join(err, closeAll(list[1:])) }()
	return list[0].close()
}
