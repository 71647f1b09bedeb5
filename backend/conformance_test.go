package backend_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// TestConformance replays every recorded lookup with the SDK's client against the in-memory
// Secrets Manager. The calls and their order must be the same.
func TestConformance(t *testing.T) {
	setEnvironment(t)
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{AnyName: true, Suffix: "AbCdEf"})
	off := backend.CachePolicy{}
	found := connuritest.Each(t, "lookup", func(r lookupRow) connuritest.Verdict { return r.judge(srv, off) })
	found = connuritest.Each(t, "secret_json", func(r secretRow) connuritest.Verdict { return r.judge(srv, off) }) || found
	found = connuritest.Each(t, "env_conn", envRow.judge) || found
	connuritest.RequireFound(t, found)
}

// setEnvironment sets the environment in which the rows were recorded.
func setEnvironment(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret-env", "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
}

// TestConformanceWithCache replays the rows with the cache on. The calls must be those of an
// empty cache, and a second lookup must have the same answer.
func TestConformanceWithCache(t *testing.T) {
	setEnvironment(t)
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{AnyName: true, Suffix: "AbCdEf"})
	on := backend.CachePolicy{On: true}
	rows := 0
	check := func(family string, line int, v connuritest.Verdict) {
		rows++
		for _, fault := range v.Faults {
			t.Errorf("%s line %d: %s", family, line, fault)
		}
	}
	connuritest.Rows(t, "lookup", func(line int, r lookupRow) { check("lookup", line, r.judge(srv, on)) })
	connuritest.Rows(t, "secret_json", func(line int, r secretRow) { check("secret_json", line, r.judge(srv, on)) })
	t.Logf("%d rows", rows)
}

// The chosen differences, in addition to those of package connuri.
const (
	earlyWords     = "extra_conn_words with which Airflow fails at the first JSON secret are refused when they are read"
	clientKwargs   = "package setup refuses a setting of the client that Airflow accepts"
	namedCharacter = `a lookup pattern with \N{NAME} is refused by name`
)

// TestChoicesHideNoWrongAnswer alters Airflow's answer in each row that is a choice about the
// kwargs. The result of the lookup must still be compared.
func TestChoicesHideNoWrongAnswer(t *testing.T) {
	setEnvironment(t)
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{AnyName: true, Suffix: "AbCdEf"})
	rows := 0
	connuritest.Rows(t, "lookup", func(line int, r lookupRow) {
		v := r.judge(srv, backend.CachePolicy{})
		if !slices.Contains(v.Choices, earlyWords) || r.Result.Err != "" {
			return
		}
		rows++
		planted := `"planted"`
		if r.Kind == "connection" {
			planted = `{"host": "planted"}`
		}
		r.Result = connuritest.Answer{Raw: json.RawMessage(planted)}
		assert.NotEmpty(t, r.judge(srv, backend.CachePolicy{}).Faults, "line %d", line)
	})
	assert.Positive(t, rows, "no row for: %s", earlyWords)
}

func onceClient(srv *secretsmanagertest.Server) *secretsmanager.Client {
	return srv.Client(func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} })
}

type asked struct {
	Kind, Team string
	ID         connuritest.Answer
	MultiTeam  bool `json:"multi_team"`
	Result     connuritest.Answer
}

func (a asked) isConnection() bool { return a.Kind == "connection" || a.Kind == "conn_value" }

// get asks a source what a row asks. A conn_value and a connection are two questions about the
// same secret.
func (a asked) get(source backend.Source, connValue func(id string) (string, error)) (connuri.Connection, string, error) {
	kinds := map[string]lookup.Kind{"connection": lookup.KindConnection, "conn_value": lookup.KindConnection, "variable": lookup.KindVariable, "config": lookup.KindConfig}
	if a.Kind == "conn_value" {
		value, err := connValue(a.ID.Text())
		return connuri.Connection{}, value, err
	}
	answer, err := source.Lookup(context.Background(), backend.Query{Kind: kinds[a.Kind], ID: a.ID.Text(), Team: a.Team})
	return answer.Connection, answer.Text.Reveal(), err
}

// judge compares a result with Airflow's: a value, None (Swallowed here), or an error.
func (a asked) judge(c connuri.Connection, value string, err error) (fault string, choices []string) {
	failed, _ := errors.AsType[*backend.LookupError](err)
	swallowed := failed != nil && failed.Swallowed()
	switch {
	case err != nil && failed == nil:
		return "the error is not a LookupError", nil
	case a.Result.IsNull() && !swallowed:
		return "something where Airflow has None", nil
	case a.Result.IsNull():
		return "", nil
	case swallowed:
		return "swallowed where Airflow has an answer or an error", nil
	case a.Kind == "connection":
		return connuritest.Compare(a.Result, c, cause(err))
	}
	return connuritest.CompareText(a.Kind, a.Result, value, err), nil
}

// cause returns the error of connuri inside err, for Compare.
func cause(err error) error {
	if failed, ok := errors.AsType[*backend.LookupError](err); ok && failed.Err != nil {
		return failed.Err
	}
	return err
}

type lookupRow struct {
	asked
	Kwargs  map[string]any
	Secrets map[string]struct {
		String  *string
		Binary  string
		Error   string
		Message string
		Status  int
		Network bool
		ARN     string
	}
	Calls []string
}

func (r lookupRow) judge(srv *secretsmanagertest.Server, cache backend.CachePolicy) (v connuritest.Verdict) {
	for name, s := range r.Secrets {
		switch {
		case s.Network:
			srv.Inject(secretsmanagertest.Fault{Name: name, Drop: true})
		case s.Error != "":
			srv.Inject(secretsmanagertest.Fault{Name: name, Code: s.Error, Message: s.Message, Status: s.Status})
		case s.String != nil:
			srv.Set(name, *s.String)
		default:
			data, _ := base64.StdEncoding.DecodeString(s.Binary)
			srv.SetBinary(name, data)
		}
	}
	defer srv.Reset()
	cfg, err := configOf(r.Kwargs, r.MultiTeam)
	if err != nil {
		// Airflow's constructor or its client refuses these.
		if r.Result.Err == "" || len(r.Calls) > 0 {
			v.Add("kwargs", "refused where Airflow accepts them")
		}
		return v
	}
	if cfg.ExtraConnWords, err = wordsOf(r.Kwargs["extra_conn_words"]); err != nil {
		v.Add("words", "", earlyWords)
		if r.Result.Err != "" && r.isConnection() {
			return v // the words are wrong
		}
	}
	cfg.Cache = cache
	var client backend.Client = onceClient(srv)
	if refusesClient(r.Kwargs) {
		if len(r.Calls) > 0 {
			v.Add("client", "", clientKwargs)
		}
		if len(r.Calls) == 0 || r.Result.Err != "" {
			client, r.Calls = noClient{}, nil // Airflow cannot make a client or a call either
		}
	}
	b, err := backend.New(client, cfg)
	if err != nil {
		v.Add("New", err.Error())
		return v
	}
	b = b.Team(r.Team)
	c, value, err := r.get(b, func(id string) (string, error) { return b.GetConnValue(context.Background(), id) })
	fault, choices := r.asked.judge(c, value, err)
	calls := srv.Asked()
	if refused, ok := errors.AsType[*lookup.PatternError](err); ok && fault != "" && len(calls) == 0 && namesCharacter(refused) {
		v.Add("pattern", "", namedCharacter)
		return v
	}
	v.Add("result", fault, choices...)
	if slices.Equal(r.Calls, []string{""}) {
		r.Calls = nil // botocore refuses to send it, and so does Backend
	}
	if !slices.Equal(calls, r.Calls) {
		v.Add("calls", "other secrets asked for, or in another order")
	}
	if cache.On {
		c, value, err := r.get(b, func(id string) (string, error) { return b.GetConnValue(context.Background(), id) })
		fault, _ := r.asked.judge(c, value, err)
		v.Add("asked again", fault)
	}
	return v
}

type noClient struct{}

func (noClient) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return nil, errKwargs
}

type secretRow struct {
	Secret       connuritest.Answer
	Words        json.RawMessage    `json:"extra_conn_words"`
	ConnValue    connuritest.Answer `json:"conn_value"`
	Task, Server connuritest.Answer
}

func (r secretRow) judge(srv *secretsmanagertest.Server, cache backend.CachePolicy) (v connuritest.Verdict) {
	if r.Secret.HasLoneSurrogate() {
		return connuritest.Verdict{Choices: []string{connuritest.Unaskable}}
	}
	srv.Set("airflow/connections/x", r.Secret.Text())
	defer srv.Reset()
	cfg, err := configOf(nil, false)
	cfg.Cache = cache
	if r.Words != nil {
		cfg.ExtraConnWords, err = connuri.ParseConnWords(string(r.Words))
	}
	if err != nil {
		if r.ConnValue.Err == "" && r.ConnValue.Text() != r.Secret.Text() {
			v.Add("words", "refused where Airflow accepts them")
		}
		return v
	}
	for name, want := range map[string]connuritest.Answer{"task": r.Task, "server": r.Server} {
		cfg.Dialect = map[string]connuri.Dialect{"task": connuri.TaskSDK, "server": connuri.Server}[name]
		b, err := backend.New(onceClient(srv), cfg)
		if err != nil {
			v.Add("New", err.Error())
			return v
		}
		id := connuritest.Answer{Raw: json.RawMessage(`"x"`)}
		value := asked{Kind: "conn_value", ID: id, Result: r.ConnValue}
		conn := asked{Kind: "connection", ID: id, Result: want}
		for _, a := range []asked{value, conn} {
			c, value, err := a.get(b, func(id string) (string, error) { return b.GetConnValue(context.Background(), id) })
			fault, choices := a.judge(c, value, err)
			v.Add(name+" "+a.Kind, fault, choices...)
		}
	}
	return v
}

type envRow struct {
	asked
	Env    map[string]string
	Server connuritest.Answer // if it differs from Result
}

func (r envRow) judge() (v connuritest.Verdict) {
	if r.ID.HasLoneSurrogate() {
		return connuritest.Verdict{Choices: []string{connuritest.Unaskable}}
	}
	getenv := func(name string) (string, bool) { value, ok := r.Env[name]; return value, ok }
	for name, want := range map[string]connuritest.Answer{"task": r.Result, "server": r.Server} {
		if !want.IsRecorded() {
			continue
		}
		r.Result = want
		env := backend.Env{MultiTeam: r.MultiTeam, Getenv: getenv}
		if name == "server" {
			env.Dialect = connuri.Server
		}
		c, value, err := r.get(env, func(id string) (string, error) {
			// Without ExtraConnWords the value is the text itself.
			answer, err := env.Lookup(context.Background(), backend.Query{Kind: lookup.KindConnection, ID: id, Team: r.Team})
			if failed, ok := errors.AsType[*backend.LookupError](err); ok && (failed.Reason == backend.Malformed || failed.Reason == backend.EmptyConnection) {
				text, _ := getenv(failed.Names[len(failed.Names)-1])
				return text, nil
			}
			return answer.Text.Reveal(), err
		})
		fault, choices := r.asked.judge(c, value, err)
		v.Add(name, fault, choices...)
	}
	return v
}
