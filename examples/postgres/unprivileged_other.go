//go:build !unix

package main

import "os/exec"

// unprivileged has nothing to do where there is no root.
func unprivileged(string, string, ...*exec.Cmd) error { return nil }
