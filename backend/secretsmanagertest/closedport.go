package secretsmanagertest

import "net"

// ClosedPort returns an address of loopback that refuses connections, for tests of
// what happens when AWS cannot be reached. It keeps the port until release is
// called: a port that was listened on and closed may be taken by another program.
//
//	addr, release, err := secretsmanagertest.ClosedPort() // 127.0.0.1:40123
//	…
//	defer release()
//	client := secretsmanager.New(secretsmanager.Options{BaseEndpoint: aws.String("http://" + addr), …})
func ClosedPort() (addr string, release func(), err error) {
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
