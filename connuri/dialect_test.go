package connuri_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

func TestDialectOf(t *testing.T) {
	for want, versions := range map[connuri.Dialect][]string{
		connuri.Airflow2:  {"2.10.3", "2.11.0", "v2.11.0", "2.8", "2", "1.10.15", "1.10.15.post1", "2.11.2+astro.3", "2.10.5-python3.12", " 2.7.2\n", "2.11.0rc1"},
		connuri.Airflow30: {"3.0.6", "3.0", "3.0.0", "3.0.6+astro.1", "3.0.0rc1", "3.0rc2", "v3.0.1", "3.0.10", "3.0-dev"},
		connuri.TaskSDK:   {"3.2.1", "3.2", "3.3.0rc1", "3.3.2", "3.10.0", "3.11", "4.0.0", "4", "12.0.0"},
	} {
		for _, version := range versions {
			d, err := connuri.DialectOf(version)
			assert.NoError(t, err, version)
			assert.Equal(t, want, d, version)
		}
	}
}

func TestDialectOfError(t *testing.T) {
	const notVersion = "connuri: airflow_version: it is not a version of Airflow; write a number such as 2.10.3 or 3.0.6"
	for _, version := range []string{
		"", " ", "3", "v", "v3", "latest", "stable", "0.9", "-2.1", "+2.1", "2,10", "2.", ".2", "2..1", "3.x", "3.+1", "2.10.3:3.0.6", "3rc1", "3-0", "3+0", "vv2.1",
		"V3.0.6 main", "apache-airflow==3.0.6", "3.0.6/bin", "٣.0", "3.0\x00", "99999999999999999999.1", "2.99999999999999999999",
	} {
		d, err := connuri.DialectOf(version)
		assert.EqualError(t, err, notVersion, "%q", version)
		assert.ErrorIs(t, err, connuri.ErrField, "%q", version)
		assert.NotErrorIs(t, err, errors.ErrUnsupported, "%q", version)
		assert.Equal(t, connuri.TaskSDK, d, "%q", version)
	}
	for _, version := range []string{"3.1", "3.1.0", "3.1.8", "v3.1.0rc1", "3.1.2+astro.1"} {
		d, err := connuri.DialectOf(version)
		assert.EqualError(t, err, "connuri: airflow_version: 3.1 mixes two dialects: JSON as in 3.2, a URI as in airflow.models; "+
			"store connections as JSON and read them as TaskSDK, or upgrade to 3.2", version)
		assert.ErrorIs(t, err, errors.ErrUnsupported, version)
		assert.NotErrorIs(t, err, connuri.ErrField, version)
		assert.Equal(t, connuri.TaskSDK, d, version)
	}
}

// TestDialectValues pins the values of the constants, which others may store.
func TestDialectValues(t *testing.T) {
	assert.Equal(t, []connuri.Dialect{0, 1, 2, 3}, dialects)
	for d, name := range map[connuri.Dialect]string{0: "TaskSDK", 1: "Server", 2: "Airflow2", 3: "Airflow30", 4: "Dialect(4)"} {
		assert.Equal(t, name, d.String())
	}
}

func TestSanitizeID(t *testing.T) {
	long := strings.Repeat("x", 250)
	all := []connuri.Dialect{connuri.Airflow2, connuri.Airflow30, connuri.Server}
	for _, tt := range []struct {
		id, want string
		takenBy  []connuri.Dialect
	}{
		{`a#!()-_.:/\9`, `a#!()-_.:/\9`, all},
		{long, long, all},
		{long + "x", "", nil},
		{"", "", nil},
		{"a b", "", nil},
		{"a@b", "", nil},
		{"é", "é", all[1:]},
		{"日本", "日本", all[1:]},
		{"²", "²", all[1:]},
		{"a\u0301", "", nil},
		{"a\n", "a", all[1:]},
		{"a\n\n", "", nil},
		{"\n", "", nil},
		{long + "\n", "", nil},
	} {
		for _, d := range all {
			sane, ok := d.SanitizeID(tt.id)
			assert.Equal(t, slices.Contains(tt.takenBy, d), ok, "%s of %.10q", d, tt.id)
			if ok {
				assert.Equal(t, tt.want, sane, d)
			} else {
				assert.Empty(t, sane, d)
			}
		}
		sane, ok := connuri.TaskSDK.SanitizeID(tt.id)
		assert.True(t, ok)
		assert.Equal(t, tt.id, sane)
	}
}
