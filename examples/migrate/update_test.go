package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// -update changes what differs, with -apply alone, and nothing that cannot be compared.
func TestUpdate(t *testing.T) {
	for name, row := range map[string]struct {
		args  []string
		fault secretsmanagertest.Fault
		code  int
		want  string
		text  string
	}{
		"shown":       {args: []string{"-update"}, want: "  update   in host, port, login ", text: another},
		"applied":     {args: []string{"-update", "-apply"}, want: "  updated   in host, port, login ", text: pgText},
		"not allowed": {args: []string{"-update", "-apply"}, fault: denied("PutSecretValue"), code: 1, want: "allow secretsmanager:PutSecretValue for this name", text: another},
		"no answer": {args: []string{"-update", "-apply"}, fault: secretsmanagertest.Fault{Operation: "PutSecretValue", Drop: true}, code: 1,
			want: "it may have been updated", text: another},
	} {
		t.Run(name, func(t *testing.T) {
			srv := secretsmanagertest.NewServer(t)
			srv.Set(pgName, another)
			if row.fault != (secretsmanagertest.Fault{}) {
				srv.Inject(row.fault)
			}
			code, out := migrate(t, srv, append(row.args, file(t, pg))...)
			assert.Equal(t, row.code, code)
			assert.Contains(t, unwrapped(out), row.want)
			assert.NotContains(t, out, "hunter2")
			assert.True(t, row.text == stored(t, srv, pgName), "the text is another one")
		})
	}
	srv := secretsmanagertest.NewServer(t)
	srv.SetBinary(pgName, []byte("hunter2"))
	srv.Set("airflow/variables/v", "old hunter2")
	code, out := migrate(t, srv, "-apply", "-update", file(t, pg), file(t, `{"v": "new", "w": 5}`))
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "  exists\n    with bytes instead of text")
	assert.Contains(t, out, "  updated\n    in value\n")
	assert.Contains(t, out, "1 connection and 2 variables: 1 exists, 1 updated, 1 created")
	assert.Equal(t, "new", stored(t, srv, "airflow/variables/v"))
	assert.NotContains(t, out, "hunter2")
}
