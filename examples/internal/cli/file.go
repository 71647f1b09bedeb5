package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxFile is how many bytes ReadFile and ReadAll accept.
const MaxFile = 64 << 20

// ErrTooLarge is the error about a file of more than MaxFile bytes.
var ErrTooLarge = fmt.Errorf("larger than %d MiB; split it", MaxFile>>20)

// ReadFile is os.ReadFile for a file that may be a device or a pipe without an end: the error
// is ErrTooLarge after MaxFile bytes.
func ReadFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	doc, err := ReadAll(file)
	if errors.Is(err, ErrTooLarge) {
		err = &os.PathError{Op: "read", Path: name, Err: err}
	}
	return doc, err
}

// ReadAll reads to the end, or returns ErrTooLarge after MaxFile bytes.
func ReadAll(from io.Reader) ([]byte, error) {
	doc, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(doc) > MaxFile {
		return nil, ErrTooLarge
	}
	return doc, nil
}
