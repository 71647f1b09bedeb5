package connuritest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// An address may begin with the number of a letter.
func TestDetectorTellsAddressesApart(t *testing.T) {
	detector := connuritest.NewDetector("鍵匙")
	for output, found := range map[string]bool{
		"U+9375A0":                      false,
		"U+9375A0 U+53190":              false,
		"U+9375A0 U+9375":               true,
		fmt.Sprintf("%U", '鍵'):          true,
		fmt.Sprintf("%U", []rune("鍵匙")): true,
		fmt.Sprintf("%#U", '匙'):         true,
	} {
		assert.Equal(t, found, detector.In(output) != "", output)
	}
}
