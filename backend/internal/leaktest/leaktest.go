// Package leaktest checks that the tests of a package leak no goroutines.
package leaktest

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and fails if goroutines are left after them. It waits for
// them up to a minute. goleak alone waits a second, in which a busy machine may not end the
// goroutines of connections that were just closed.
func Main(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for end := time.Now().Add(time.Minute); code == 0 && time.Now().Before(end); {
		if goleak.Find() == nil {
			break
		}
	}
	return code
}
