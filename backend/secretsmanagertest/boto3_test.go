package secretsmanagertest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
)

// motoDiffers are the steps of testdata/crosscheck.py in which moto, the emulator of the Python
// world, answers differently, and why this package does not follow it.
var motoDiffers = map[string]string{
	"get a forbidden name": "AWS refuses it, moto looks for it",
	"get no such stage":    "AWS names the stage, as moto does for a version",
	"describe":             "moto never tells LastAccessedDate",
	"list in full":         "moto never tells LastAccessedDate",
	"stages":               "AWS leaves out versions without a label",
	"stages then":          "moto loses the other labels of the version that AWSCURRENT leaves",
	"batch of nothing":     "moto does not check that anything is asked for",
	"list, newest first":   "moto ignores SortOrder",
	"delete too soon":      "the same but for moto's wording",
	"delete both ways":     "the same but for moto's wording",
	"delete twice":         "the same but for moto's wording",
	"get deleted":          "the same but for moto's wording",
	"update deleted":       "the same but for moto's wording",
	"batch of deleted":     "the same but for moto's wording",
	"put deleted":          "moto lets it pass",
	"get restored":         "what moto let pass",
	"create deleted":       "AWS says that the name is scheduled for deletion",

	"tag as AWS":                    "AWS reserves keys that begin with aws:",
	"tag too much":                  "AWS allows 50 tags of a secret",
	"tag deleted":                   "moto lets it pass",
	"untag deleted":                 "moto lets it pass",
	"versions":                      motoVersions,
	"versions of bytes":             motoVersions,
	"versions, all":                 motoVersions,
	"versions by page":              motoVersions,
	"versions by page, the second":  motoVersions,
	"versions of nothing":           motoVersions,
	"versions of deleted":           motoVersions,
	"versions of what is not there": "moto has an error of its own, HTTP 500",
	"policy of deleted":             "moto lets it pass",
	"rotate":                        "moto rotates; here the error says what to do instead",
}

const motoVersions = "moto gives the name for the ARN, always a NextToken, all versions on one page, those without a label too"

// TestBoto3 runs testdata/crosscheck.py, about 100 operations of the AWS SDK for Python, against
// this server, and against moto if that is installed. testdata/crosscheck.txt has the answers of
// this server.
func TestBoto3(t *testing.T) {
	python := os.Getenv("AIRFLOW_BOTO3_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_BOTO3_PYTHON names no Python that has boto3 (and moto[server], to compare with)")
	}
	golden, err := os.ReadFile("testdata/crosscheck.txt")
	require.NoError(t, err)
	want := steps(string(golden))

	t.Run("ours", func(t *testing.T) {
		srv := secretsmanagertest.NewServer(t)
		got := crosscheck(t, python, srv.URL())
		assert.Len(t, got, len(want))
		for i := range min(len(got), len(want)) {
			assert.Equal(t, want[i], got[i])
		}
		for _, call := range srv.Log() {
			assert.Equal(t, "AKIDPYTHON", call.AccessKeyID)
			assert.Contains(t, call.UserAgent, "Boto3")
			assert.Equal(t, 1, call.Attempt)
		}
	})

	t.Run("moto", func(t *testing.T) {
		if err := exec.Command(python, "-c", "import moto.server").Run(); err != nil {
			t.Skipf("%s has no moto[server]", python)
		}
		got := crosscheck(t, python, "moto")
		require.Len(t, got, len(want))
		agree := 0
		for i := range got {
			switch why, differs := motoDiffers[want[i].name]; {
			case differs && got[i] == want[i]:
				t.Errorf("%s: no longer differs: %s", want[i].name, why)
			case !differs && assert.Equal(t, want[i], got[i]):
				agree++
			}
		}
		t.Logf("%d steps agree, %d differ by choice", agree, len(got)-agree)
	})
}

type stepDone struct{ name, answer string }

func steps(out string) (list []stepDone) {
	for line := range strings.Lines(out) {
		name, answer, _ := strings.Cut(strings.TrimSpace(line), "\t")
		list = append(list, stepDone{name, answer})
	}
	return list
}

func crosscheck(t *testing.T, python, against string) []stepDone {
	t.Helper()
	var complaints strings.Builder
	cmd := exec.CommandContext(t.Context(), python, "testdata/crosscheck.py", against)
	cmd.Stderr = &complaints
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	out, err := cmd.Output()
	require.NoError(t, err, fmt.Sprint(&complaints))
	return steps(string(out))
}
