package cli

import (
	"os"
	"os/signal"
)

// ExitOnInterrupt ends the program at once on SIGINT, whatever it is waiting for. The
// exit code is Interrupted.
func ExitOnInterrupt() {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		<-interrupts
		os.Exit(Interrupted)
	}()
}
