// Package closedport holds ports of loopback that refuse connections.
package closedport

import "net"

// Hold returns an address of loopback where nobody listens, and keeps its port
// until release is called. A port that was listened on and closed does not do:
// another program may take it.
func Hold() (addr string, release func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		_ = listener.Close()
		return "", nil, err
	}
	// The near end of a connection has a port of its own, which nobody can listen on
	// as long as the connection stands.
	return conn.LocalAddr().String(), func() { _, _ = conn.Close(), listener.Close() }, nil
}
