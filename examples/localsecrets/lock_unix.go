//go:build linux || darwin || freebsd

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// errLocked is about a state that another program uses.
var errLocked = errors.New("another localsecrets uses it; stop that one, or give another file")

// lockState makes sure that no other program uses the state until the lock is closed. The lock
// is on a file beside the state, which is replaced at every change. It ends with the program,
// however that ends, but its file stays: whoever removed it could remove another program's lock.
func lockState(state string) (io.Closer, error) {
	info, err := os.Stat(state)
	if state == "" || err == nil && !info.Mode().IsRegular() { // the server says what is wrong
		return io.NopCloser(nil), nil
	}
	file, err := os.OpenFile(state+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return nil, fmt.Errorf("-state %s: the lock beside it cannot be created: %w", state, failed.Err)
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	return nil, fmt.Errorf("-state %s: %w", state, err)
}
