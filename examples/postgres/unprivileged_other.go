//go:build !unix

package main

import "os/exec"

// unprivileged does nothing on a system without root.
func unprivileged(string, string, ...*exec.Cmd) error { return nil }
