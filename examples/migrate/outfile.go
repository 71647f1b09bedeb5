package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// outFile is where a document goes.
type outFile struct {
	name   string // - is stdout
	stdout io.Writer
}

// check finds out whether the file can be created, before any call is made. It leaves no
// file, so that an interrupt leaves none either.
func (o outFile) check() error {
	if o.name == "-" {
		return nil
	}
	file, err := o.create()
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(o.name))
}

func (o outFile) create() (*os.File, error) {
	file, err := os.OpenFile(o.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch failure, ok := errors.AsType[*os.PathError](err); {
	case errors.Is(err, os.ErrExist):
		return nil, fmt.Errorf("-out: %s: the file exists; remove it, or give another name", shown(o.name))
	case ok:
		return nil, fmt.Errorf("-out: %s: %w", shown(o.name), failure.Err)
	case err != nil:
		return nil, errors.New("-out: the file cannot be created")
	}
	return file, nil
}

// write writes the document into a new file, and removes the file if that fails.
func (o outFile) write(doc []byte) error {
	if o.name == "-" {
		_, err := o.stdout.Write(doc)
		return err
	}
	file, err := o.create()
	if err != nil {
		return err
	}
	_, err = file.Write(doc)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(o.name)
	}
	return err
}
