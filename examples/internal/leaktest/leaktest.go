// Package leaktest checks that the tests of a package leave no goroutine running.
package leaktest

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and fails if goroutines are still running after them.
// It waits a minute for them, since on a busy machine a goroutine whose connection was just
// closed may need more than the second that goleak waits.
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
