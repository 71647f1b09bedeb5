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
	for output, want := range map[string]string{
		"U+9375A0":                      "",
		"U+9375A0 U+53190":              "",
		"U+9375A0 U+9375":               "as code points",
		fmt.Sprintf("%U", '鍵'):          "as code points",
		fmt.Sprintf("%U", []rune("鍵匙")): "as code points",
		fmt.Sprintf("%#U", '匙'):         "as code points",
	} {
		if want != "" && detector.In(output) != "" {
			continue // %#U shows the letter itself, too
		}
		assert.Equal(t, want, detector.In(output), output)
	}
}
