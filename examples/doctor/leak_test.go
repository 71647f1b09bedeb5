package main

import (
	"testing"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
)

func TestMain(m *testing.M) {
	forgetMachine() // before net/http reads its proxies, once
	leaktest.Main(m)
}
