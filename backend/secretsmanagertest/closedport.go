package secretsmanagertest

import "net"

// ClosedPort returns an address on loopback that refuses connections, for tests of an
// unreachable AWS. No other program can use the port until release is called.
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
	// Nobody can listen on the local port of an open connection.
	return conn.LocalAddr().String(), func() { _, _ = conn.Close(), listener.Close() }, nil
}
