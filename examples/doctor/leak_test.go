package main

import (
	"os"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
)

// asProgram makes the test binary the program itself, for tests that start it.
const asProgram = "DOCTOR_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	forgetMachine() // before net/http reads its proxies, once
	leaktest.Main(m)
}
