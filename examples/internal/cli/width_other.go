//go:build !linux && !darwin && !freebsd

package cli

import "os"

// terminalWidth returns 0: the width is not known on this system.
func terminalWidth(*os.File) int { return 0 }
