package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNoLeak checks that no output shows what was asked for if no secret can have such a name: it
// may be a connection string.
func TestNoLeak(t *testing.T) {
	for _, name := range []string{
		"password=hunter2 host=x", "hunter2 x", "Server=x;Pwd=hunter2", "host?password=hunter2",
		"u:hunter2", "x'hunter2'", "(hunter2)", "hünter2 hunter2", "x|hunter2", "hunter2\tx",
	} {
		in := calls(1, mwaa, "airflow/connections/pg", "") + calls(3, mwaa, name, missing) +
			calls(1, mwaa, name+"&", "AccessDenied: no") +
			calls(1, mwaa, name+",", "ThrottlingException")
		if strings.Contains(name, "=") {
			in += calls(3, mwaa, "airflow/connections/"+name, missing)
		}
		for _, args := range [][]string{nil, {"-json"}, {"-policy", "fit"},
			{"-policy", "fit", "-json"}} {
			var stdout, stderr strings.Builder
			assert.Zero(t, run(t.Context(), args, strings.NewReader(in), &stdout, &stderr))
			all := stdout.String() + stderr.String()
			if len(args) < 2 {
				assert.Contains(t, all, "[redacted, not an id]", "%s", args)
			}
			assert.False(t, strings.Contains(all, "hunter2"), "the output of %s has a secret", args)
		}
	}
}
