package shown

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"postgres_default":                      "postgres_default",
		"arn:aws:secretsmanager:r:1:secret:a@b": "arn:aws:secretsmanager:r:1:secret:a@b",
		"":                                      `""`,
		"a\tb":                                  `"a\tb"`,
		"a\nb":                                  `"a\nb"`,
		"postgres://u:hunter2@h/db":             Redacted,
		"u:hunter2@h":                           Redacted,
		"Server=h;Password=hunter2":             Redacted,
		"a=b":                                   "a=b",
		"my variable":                           "my variable",
		`{"password": "hunter2"}`:               Redacted,
		"password=hunter2 host=x":               Redacted,
		"Server=x;Pwd=hunter2":                  Redacted,
		"h?password=hunter2":                    Redacted,
	} {
		assert.Equal(t, want, Printable(in))
	}
}
