package setup

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsRegionAsBotocore(t *testing.T) {
	for _, name := range []string{"us-east-1", "cn-north-1", "x", "A1", "a--b", strings.Repeat("a", 63)} {
		assert.True(t, isRegion(name), name)
	}
	for _, name := range []string{"", "-", "-a", "a-", "eu-west-1 ", "eu_west_1", "é", "a\n", "a.b", "a\xff", strings.Repeat("a", 64)} {
		assert.False(t, isRegion(name), name)
	}
}
