package tune_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func TestGuessFromNames(t *testing.T) {
	for _, test := range []struct {
		name   string
		rules  []lookup.Rule
		asked  map[string]int
		failed bool // all is not found
		want   string
	}{
		{name: "one kind", asked: ids{"prod/conns/pg": 3, "prod/conns/my": 2},
			want: "connection prod/conns 5"},
		{name: "one id", asked: ids{"prod/conns/pg": 3}},
		{name: "one id by name and by ARN", asked: ids{"app/db-conn/username": 3,
			inAccount + "app/db-conn/username-AbCdEf": 2}},
		{name: "one id by two ARNs", asked: ids{inAccount + "app/db-conn/x-AbCdEf": 3,
			inAccount + "app/db-conn/x-ABCDEF": 2}},
		{name: "parts of a login", asked: ids{"app/db-conn/username": 3, "app/db-conn/password": 3,
			"app/db-conn/Host": 1}},
		{name: "parts of a login, and an id", asked: ids{"app/db-conn/username": 3,
			"app/db-conn/pg": 3}, want: "connection app/db-conn 6"},
		{name: "one id of another kind beside", asked: ids{"app/conns/pg": 3, "app/conns/my": 3,
			"app/db-var/x": 1}, want: "connection app/conns 6"},
		{name: "one id of another kind beside, alike", asked: ids{"app/db-conns/pg": 3,
			"app/db-conns/my": 3, "app/db-vars/x": 1},
			want: "connection app/db-conns 6, variable app/db-vars 1"},
		{name: "two kinds", asked: ids{"prod/conns/pg": 3, "prod/conns/my": 1, "prod/vars/x": 1},
			want: "connection prod/conns 4, variable prod/vars 1"},
		{name: "all kinds", asked: ids{"prod/conns/pg": 3, "prod/conns/my": 1, "prod/vars/x": 1,
			"prod/config/db": 1},
			want: "connection prod/conns 4, variable prod/vars 1, config prod/config 1"},
		{name: "one part", asked: ids{"airflow-connections/pg": 3, "airflow-connections/my": 3},
			want: "connection airflow-connections 6"},
		{name: "a slash in front", asked: ids{"/mwaa/variables/pg": 3, "/mwaa/variables/x": 3},
			want: "variable /mwaa/variables 6"},
		{name: "config in a path", asked: ids{"config/a/b/Connections/pg": 3,
			"config/a/b/Connections/my": 3, "config/a/b/Variables/x": 1},
			want: "connection config/a/b/Connections 6, variable config/a/b/Variables 1"},
		{name: "teams", asked: ids{"prod/conns/red--pg": 3, "prod/conns/pg": 1},
			want: "connection prod/conns 4 teams"},
		{name: "slashes and words in ids", asked: ids{"prod/conns/pg": 5, "prod/conns/eu/pg": 4,
			"prod/conns/my-vars/x": 1}, want: "connection prod/conns 10"},
		{name: "all ids have a slash, or the prefix goes on",
			asked: ids{"prod/conns/eu/pg": 9, "prod/conns/eu/my": 1}},
		{name: "too many words in ids", asked: ids{"prod/conns/eu/pg": 5,
			"prod/conns/my-vars/x": 5}},
		{name: "a word in the path", asked: ids{"connections/prod/variables/x": 5}},
		{name: "no word", asked: ids{"prod/airflow/pg": 5}},
		{name: "the word is the id", asked: ids{"prod/conns": 5}},
		{name: "names of others", asked: ids{"prod/conns/pg": 89, "prod/conns/my": 1,
			"billing/stripe": 10}, want: "connection prod/conns 90"},
		{name: "others more than ours", asked: ids{"legacy/conns/pg": 3, "legacy/conns/my": 2,
			"prod/airflow/pg": 90}},
		{name: "two environments", asked: ids{"prod/conns/pg": 60, "dev/conns/pg": 40}},
		{name: "another environment", asked: ids{"prod/conns/pg": 40, "prod/conns/my": 35,
			"dev/conns/pg": 25}},
		{name: "words in ids of another kind", asked: ids{"prod/conns/pg": 5,
			"prod/conns/my-vars/x": 5, "prod/vars/a": 20, "prod/vars/b": 20}},
		{name: "hardly another environment", asked: ids{"prod/conns/pg": 90, "prod/conns/my": 6,
			"dev/conns/pg": 4}, want: "connection prod/conns 96"},
		{name: "a few of another kind elsewhere", asked: ids{"prod/conns/pg": 89,
			"prod/conns/my": 1, "billing/vars/x": 10}, want: "connection prod/conns 90"},
		{name: "one part each, a few", asked: ids{"conns/pg": 89, "conns/my": 1, "vars/x": 10},
			want: "connection conns 90"},
		{name: "most are known", asked: ids{"airflow/connections/pg": 6, "prod/vars/x": 5}},
		{name: "the kind is known", asked: ids{"airflow/connections/pg": 1, "prod/conns/x": 5,
			"prod/vars/x": 50, "prod/vars/y": 1}, want: "variable prod/vars 51"},
		{name: "given", rules: []lookup.Rule{{Prefix: "test"}}, asked: ids{"prod/conns/x": 5}},
		{name: "another separator", rules: []lookup.Rule{{Sep: "-"}},
			asked: ids{"prod/conns/x": 5}},
		{name: "ARNs", asked: ids{inAccount + "prod/conns/pg-AbCdEf": 3,
			inAccount + "prod/conns/my-abc123": 3}, want: "connection prod/conns 6"},
		{name: "one ARN", asked: ids{inAccount + "prod/conns/my-secret": 3}, failed: true},
		{name: "ARNs and names", asked: ids{inAccount + "prod/conns/pg": 3, "prod/conns/my": 3},
			want: "connection prod/conns 6"},
		{name: "ARNs without AWS's end", asked: ids{inAccount + "prod/conns/pg": 3,
			inAccount + "prod/conns/my-secret": 3}, want: "connection " + inAccount +
			"prod/conns 6"},
		{name: "ARNs of two accounts", asked: ids{inAccount + "prod/conns/pg": 3,
			"arn:aws:secretsmanager:eu-west-1:2:secret:prod/conns/pg": 3}},
		{name: "astray", asked: ids{"prod/conns/postgres://u:hunter2@h/db": 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := tune.New(tune.Config{Rules: test.rules})
			for secret, n := range test.asked {
				e := tune.Event{Secret: secret, Outcome: tune.Found}
				if test.failed {
					e.Outcome = tune.NotFound
				}
				for range n {
					log.Add(e)
				}
			}
			var got []string
			for _, g := range log.Guess() {
				teams := ""
				if g.Teams {
					teams = " teams"
				}
				got = append(got, fmt.Sprint(g.Kind, " ", g.Prefix, " ", g.Calls, teams))
			}
			assert.Equal(t, test.want, strings.Join(got, ", "))
		})
	}
}

// TestGuessFromDenials checks denials, which name the ARN however the secret was asked for. The
// secret of another account was asked for by ARN.
func TestGuessFromDenials(t *testing.T) {
	for account, want := range map[string]int{"123456789012": 1, "2": 0} {
		log := tune.New(tune.Config{})
		for _, id := range []string{"pg-AbCdEf", "my-AbCdEf"} {
			require.NoError(t, log.Read(t.Context(), strings.NewReader(made(t, map[string]any{
				"userIdentity": map[string]any{"accountId": account}, "errorCode": "AccessDenied",
				"errorMessage": "not authorized to perform: secretsmanager:GetSecretValue on resource: " + inAccount + "prod/conns/" + id + " because",
			}))))
		}
		assert.Len(t, log.Guess(), want, account)
	}
}

// TestNoGuessForAnotherProgram checks that a prefix of another program is not guessed, because ids
// were found under the default prefix, or because MWAA does not ask under it.
func TestNoGuessForAnotherProgram(t *testing.T) {
	many := func(n int, role, session, prefix string, outcome tune.Outcome) (calls []tune.Event) {
		for i := range n {
			calls = append(calls, tune.Event{Secret: fmt.Sprint(prefix, "/id", i%9), Role: role,
				Session: session, Outcome: outcome})
		}
		return calls
	}
	mwaa := func(n int, prefix string, outcome tune.Outcome) []tune.Event {
		return many(n, "mwaa", tune.MWAASession, prefix, outcome)
	}
	app := many(3000, "shop", "pod", "shop/connections", tune.Found)
	const found, notFound, denied = tune.Found, tune.NotFound, tune.Denied
	const connections, variables = "airflow/connections", "airflow/variables"
	for name, test := range map[string]struct {
		calls []tune.Event
		want  string
	}{
		"only the program": {app, "shop/connections"},
		"ids found under the default prefix": {
			append(many(40, "airflow", "s", connections, found), app...), ""},
		"one id found": {append(many(1, "airflow", "s", connections, found), app...), ""},
		"ids found by a caller that is not known": {slices.Concat(
			many(5, "", "", connections, found), many(101, "", "", "shop/conn", found)), ""},
		"one id found by MWAA": {append(mwaa(1, connections, found), app...), ""},
		"MWAA finds none":      {append(mwaa(40, connections, notFound), app...), ""},
		"MWAA asks elsewhere":  {append(mwaa(40, "prod/airflow", found), app...), ""},
		"MWAA asks here too": {append(mwaa(2, "shop/connections", denied), app...),
			"shop/connections"},
		"one stray call": {append(many(1, "airflow", "s", connections, notFound), app...),
			"shop/connections"},
		"variables found by another": {
			append(many(1, "airflow", "s", variables, found), app...), ""},
		"variables found by the same": {
			append(many(1, "shop", "s", variables, found), app...), "shop/connections"},
		"two environments, one elsewhere": {slices.Concat(mwaa(9, "shop/connections", found), app,
			many(9, "dev", tune.MWAASession, "dev/airflow", found)), ""},
		"two environments, two kinds": {slices.Concat(mwaa(9, "shop/connections", found), app,
			many(99, "dev", tune.MWAASession, "shop/vars", found)), "shop/connections shop/vars"},
		"another kind of the program only": {slices.Concat(mwaa(99, "shop/connections", found),
			many(99, "shop", "pod", "shop/vars", found)), ""},
	} {
		log := tune.New(tune.Config{})
		for _, e := range test.calls {
			log.Add(e)
		}
		var got []string
		for _, g := range log.Guess() {
			got = append(got, string(g.Prefix))
		}
		assert.Equal(t, test.want, strings.Join(got, " "), name)
	}
}

// TestNoGuessWithTooManyCallers checks that there is no guess if more callers found an id than are
// kept.
func TestNoGuessWithTooManyCallers(t *testing.T) {
	for callers, want := range map[int]int{8: 1, 9: 0} {
		log := tune.New(tune.Config{})
		for n := range callers {
			role := fmt.Sprint("role", n)
			log.Add(tune.Event{Secret: "airflow/variables/x", Role: role, Outcome: tune.Found})
			for i := range 9 {
				name := fmt.Sprint("prod/conns/id", i)
				log.Add(tune.Event{Secret: name, Role: role, Outcome: tune.Found})
			}
		}
		assert.Len(t, log.Guess(), want, callers)
	}
}

// A guessWorld has calls under prefixes that tune does not know.
type guessWorld struct {
	rules []lookup.Rule
	calls []tune.Event
}

// randomWorld makes a guessWorld. Its prefixes have one to five parts, may end in a word for their
// kind, are for one kind or several, may share a root, and may be ARNs. Its ids have slashes, words
// and teams. A few names are those of others. In some worlds, Airflow is MWAA or has the default
// prefixes, and a program asks for many more names under prefixes of its own.
func randomWorld(random *rand.Rand) guessWorld {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	root := func() string {
		parts := make([]string, random.IntN(5))
		for i := range parts {
			parts[i] = pick("prod", "dev", "airflow", "team-a", "eu.west", "mwaa_1", "config",
				"data", "my-conn")
		}
		return strings.Join(parts, "/")
	}
	join := func(parts ...string) string {
		return strings.TrimPrefix(strings.Join(parts, "/"),
			"/")
	}
	last := map[lookup.Kind][]string{
		lookup.KindConnection: {"conns", "connections", "Connections", "af-conns", "conn", "x",
			"secrets"},
		lookup.KindVariable: {"vars", "variables", "VARIABLES", "af_variables", "var", "x", "y"},
		lookup.KindConfig:   {"config", "configs", "z"},
	}
	var w guessWorld
	caller := tune.Event{Role: "airflow", Session: pick("s", tune.MWAASession)}
	isDefault := random.IntN(4) == 0
	shared, arn, teams := root(), pick("", "", "", inAccount), random.IntN(3) == 0
	for kind := range lookup.Kind(3) {
		rule := lookup.Rule{Kind: kind}
		if isDefault && (kind == lookup.KindConnection || random.IntN(2) == 0) {
			for range 1 + random.IntN(30) {
				e := caller
				e.Secret = rule.Path() + fmt.Sprint("id", random.IntN(50))
				e.Outcome = tune.Outcome(random.IntN(4))
				w.calls = append(w.calls, e)
			}
			e := caller
			e.Secret, e.Outcome = rule.Path()+"id1", tune.Found
			w.calls = append(w.calls, e)
		}
		if !isDefault && (kind == lookup.KindConnection || random.IntN(2) == 0) {
			at := shared
			if random.IntN(5) == 0 {
				at = root()
			}
			rule.Prefix = lookup.Prefix(arn + join(at, pick(last[kind]...)))
			for range 1 + random.IntN(30) {
				id := pick("pg", "aws_default", "smtp_default", "eu/pg", "my-secret", "a/b/c",
					"prod", "vars/x", "my-conn/x")
				if random.IntN(10) > 0 {
					id = fmt.Sprint("id", random.IntN(50))
				}
				if teams && kind != lookup.KindConfig && random.IntN(2) == 0 {
					id = pick("red", "blue") + "--" + id
				}
				e := caller
				e.Secret = string(rule.Prefix) + "/" + id
				e.Outcome = tune.Outcome(random.IntN(4))
				for range 1 + random.IntN(20) {
					w.calls = append(w.calls, e)
				}
			}
		}
		w.rules = append(w.rules, rule)
	}
	for range random.IntN(len(w.calls)/10 + 1) {
		w.calls = append(w.calls, tune.Event{Secret: pick("billing/stripe", "legacy/conns/x",
			"app/config/db", "a", "rds!db-1", inAccount+"other-AbCdEf"), Role: "others",
			Outcome: tune.Found})
	}
	if isDefault || caller.Session == tune.MWAASession && random.IntN(3) == 0 {
		at := pick("shop", "team-a", "data/x") + "/"
		for range random.IntN(60 * min(len(w.calls), 50)) {
			w.calls = append(w.calls, tune.Event{
				Secret: at + pick("connections", "connections", "vars") + fmt.Sprint("/db",
					random.IntN(9)), Role: "shop", Outcome: tune.Found,
			})
		}
	}
	isAnonymous := isDefault && random.IntN(2) == 0
	for i := range w.calls {
		if isAnonymous {
			w.calls[i].Role, w.calls[i].Session = "", ""
		}
		w.calls[i].Time = fmt.Sprintf("2026-11-01T%02d:00:00Z", i%24)
	}
	return w
}

// TestGuessesAreRight checks that a guess is the prefix of the world, if there is one, and that
// counting continues as if the prefix had been given.
func TestGuessesAreRight(t *testing.T) {
	random := rand.New(rand.NewPCG(19, 3))
	guessed, arns := 0, 0
	for n := range 1600 {
		w := randomWorld(random)
		log := tune.New(tune.Config{})
		for _, e := range w.calls {
			log.Add(e)
		}
		guesses := log.Guess()
		known := tune.Config{Rules: []lookup.Rule{{}, {Kind: lookup.KindVariable},
			{Kind: lookup.KindConfig}}}
		for _, g := range guesses {
			guessed++
			if strings.HasPrefix(string(g.Prefix), "arn:") {
				arns++
			}
			assert.Equal(t, w.rules[g.Kind].Prefix, g.Prefix, "world %d: %v", n, w.rules)
			known.Rules[g.Kind].Prefix = g.Prefix
		}
		log.Adopt(guesses)
		told := tune.New(known)
		for _, e := range w.calls {
			told.Add(e)
		}
		requireAlike(t, told, log)
	}
	t.Logf("%d guesses, %d of them ARNs", guessed, arns)
	assert.Greater(t, guessed, 400)
	assert.Greater(t, arns, 50)
}
