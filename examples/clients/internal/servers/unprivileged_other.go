//go:build !unix

package servers

import "os/exec"

// unprivileged does nothing on a system without root.
func unprivileged(string, *exec.Cmd) error { return nil }

func ownGroup(*exec.Cmd) {}
