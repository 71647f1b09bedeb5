package pyupper_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/pyupper"
)

func TestUpperIsPythonsUpper(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "my_db-1.x/y z": "MY_DB-1.X/Y Z", "straße": "STRASSE", "ı": "I", "i\u0307": "I\u0307", "ﬁ": "FI", "\u0149": "\u02bcN", "\u0390": "\u0399\u0308\u0301", "\u1fb3": "\u0391\u0399", "ǆ": "Ǆ", "σς": "ΣΣ", "ß\xff": "SS\ufffd", "日本": "日本",
	} {
		assert.Equal(t, want, pyupper.Upper(in), "%q", in)
	}
}
