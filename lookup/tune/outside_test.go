package tune_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// TestCommonPathIsAirflows checks that the path of another program is not given while a caller is
// known to be Airflow, and that no path shows text that cannot be a name.
func TestCommonPathIsAirflows(t *testing.T) {
	const shop, mwaa = "pod", tune.MWAASession
	type call struct {
		session, secret string
		calls           int
	}
	for _, test := range []struct {
		name  string
		all   []call
		want  string
		calls int
	}{
		{"no name", nil, "", 0},
		{"no path", []call{{shop, "a", 2}, {shop, "/b", 1}}, "", 0},
		{"no caller is known", []call{{shop, "shop/db", 9}, {"x", "prod/pg", 2}}, "shop", 9},
		{"MWAA", []call{{shop, "shop/db", 9}, {mwaa, "prod/pg", 2}}, "prod", 2},
		{"MWAA without a path", []call{{shop, "shop/db", 9}, {mwaa, "pg", 2}}, "", 0},
		{"both", []call{{shop, "prod/pg", 9}, {mwaa, "prod/pg", 2}}, "prod", 11},
		{"a caller that found an id",
			[]call{{shop, "shop/db", 9}, {"x", "airflow/variables/a", 1}, {"x", "prod/pg", 2}},
			"prod", 2},
		{"the longest", []call{{mwaa, "prod/airflow/a", 1}, {mwaa, "prod/airflow/b", 1}},
			"prod/airflow", 2},
		{"more calls", []call{{mwaa, "prod/airflow/a", 2}, {mwaa, "prod/b", 1}}, "prod", 3},
		{"ARNs", []call{{mwaa, "arn:aws:secretsmanager:r:1:secret:a/b-AbCdEf", 3}}, "", 0},
		{"a connection string", []call{{mwaa, "host/x?password=hunter2", 3}}, "", 0},
	} {
		log := tune.New(tune.Config{})
		for _, c := range test.all {
			for range c.calls {
				log.Add(tune.Event{Role: "role-" + c.session, Session: c.session, Secret: c.secret,
					Outcome: tune.Found})
			}
		}
		path, calls := log.CommonPath()
		assert.Equal(t, test.want, path, test.name)
		assert.Equal(t, test.calls, calls, test.name)
	}
}

// TestCommonPathOfACrowd checks that there is no path if more callers found an id than are kept.
func TestCommonPathOfACrowd(t *testing.T) {
	log := tune.New(tune.Config{})
	for n := range 20 {
		for _, secret := range []string{"airflow/variables/a", "shop/db"} {
			log.Add(tune.Event{Role: strings.Repeat("r", n+1), Session: fmt.Sprint("pod-", n),
				Secret: secret, Outcome: tune.Found})
		}
	}
	path, calls := log.CommonPath()
	assert.Empty(t, path)
	assert.Zero(t, calls)
}
