//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// unprivileged makes commands run as another user if this one is root, which PostgreSQL
// refuses, and makes that user the owner of dir and file. Ctrl-C at the terminal does not reach
// the commands, so that the program can stop them in order.
func unprivileged(dir, file string, commands ...*exec.Cmd) error {
	for _, cmd := range commands {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	if os.Geteuid() != 0 {
		return nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		if found, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return err
	}
	for _, name := range []string{dir, file} {
		if err := os.Chown(name, int(uid), int(gid)); err != nil {
			return err
		}
	}
	for _, cmd := range commands {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return nil
}
