package envfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
)

func TestNote(t *testing.T) {
	var many []export.EnvFile
	for i := range 12 {
		many = append(many, export.EnvFile{Service: "web", Path: fmt.Sprint(i, ".env")})
	}
	for _, row := range []struct {
		files []export.EnvFile
		want  string
	}{
		{nil, ""},
		{many[:1], "1 env_file is not read: 0.env of service web; pass it as well"},
		{many[:2], "2 env_files are not read: 0.env of service web, 1.env of service web; pass them as well"},
		{[]export.EnvFile{{Service: "\x1b[31m", Path: "postgres://u:hunter2@h/d"}},
			`1 env_file is not read: [redacted, not a name] of service "\x1b[31m"; pass it as well`},
		{[]export.EnvFile{{Service: "web", Path: strings.Repeat("p", 50) + "/" + strings.Repeat("q", 49)}},
			"1 env_file is not read: " + strings.Repeat("p", 30) + "…" + strings.Repeat("q", 29) + " of service web; pass it as well"},
	} {
		assert.Equal(t, row.want, Note(row.files))
	}
	assert.Empty(t, Unread(nil))
	assert.Equal(t, "1 env_file is not read: 0.env of service web", Unread(many[:1]))
	assert.Contains(t, Note(many), "12 env_files are not read: 0.env")
	assert.Contains(t, Note(many), ", 9.env of service web and 2 more; pass them as well")
}
