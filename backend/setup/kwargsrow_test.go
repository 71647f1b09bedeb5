package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

type kwargsRow struct {
	Kwargs     json.RawMessage
	Env        map[string]*string
	AWSConfig  string `json:"aws_config"`
	AWSKeys    string `json:"aws_credentials"`
	WorkerMode *bool  `json:"worker_mode"` // set in rows that start from the environment
	Attrs      connuritest.Answer
	Client     connuritest.Answer
	Request    *requestRow
	STS        []struct {
		URL      string
		Params   map[string]string
		SignedBy *string `json:"signed_by"`
	}
	STSClients []struct {
		Config map[string]any
	} `json:"sts_clients"`
}

type requestRow struct {
	URL          string
	SignedBy     string  `json:"signed_by"`
	SessionToken *string `json:"session_token"`
	Error        string
}

// works reports whether Airflow makes a client that gets an answer.
func (r kwargsRow) works() bool {
	return r.Attrs.Err == "" && r.Client.Err == "" && (r.Request == nil || r.Request.Error == "")
}

// judge compares the row with the result here. It exchanges the variables that boto3 and the SDK
// read differently.
func (r kwargsRow) judge(dir string) (v connuritest.Verdict) {
	given := func(name string) bool { return r.Env[name] != nil && *r.Env[name] != "" }
	with := func(name string, value *string, without string) kwargsRow {
		row := r
		row.Env = maps.Clone(r.Env)
		delete(row.Env, without)
		row.Env[name] = value
		return row
	}
	switch {
	case given("AWS_REGION"):
		asked := with("AWS_REGION", nil, "AWS_REGION")
		v = asked.judge(dir)
		asDefault := with("AWS_DEFAULT_REGION", r.Env["AWS_REGION"], "AWS_REGION")
		if r.outcome(dir) != asDefault.outcome(dir) {
			v.Add("region", "AWS_REGION is not what AWS_DEFAULT_REGION would be")
		}
		if r.outcome(dir) != asked.outcome(dir) {
			v.Add("region", "", awsRegion)
		}
	case given("AWS_DEFAULT_PROFILE") && !given("AWS_PROFILE"):
		v = with("AWS_PROFILE", r.Env["AWS_DEFAULT_PROFILE"], "AWS_DEFAULT_PROFILE").judge(dir)
		v.Add("profile", "", defaultProfile)
	default:
		v = r.compare(dir)
		// a different request to Secrets Manager is never a choice, unless the variable decides
		// where it goes
		isOther := func(fault string) bool { return strings.HasPrefix(fault, "request: {") }
		reason := r.oddInput()
		if reason != oddEndpoint && reason != emptyRegion && slices.ContainsFunc(v.Faults, isOther) {
			return v
		}
		if len(v.Faults) > 0 && reason != "" {
			return connuritest.Verdict{Choices: []string{reason}}
		}
	}
	return v
}

// outcome says in one line what was asked of whom, and whether it failed.
func (r kwargsRow) outcome(dir string) (line string) {
	defer r.environment(dir)()
	s, err := r.settings(dir)
	if err != nil {
		return "refused"
	}
	w, made, err := ask(s)
	line = fmt.Sprintf("made %t, failed %t", made, err != nil)
	for _, request := range slices.Concat(w.sts, w.asked) {
		line += fmt.Sprintf("; %s by %s with %s", request.url, request.signedBy, request.token)
	}
	return line
}

// ask makes a client and one call.
func ask(s setup.Settings) (w *wire, made bool, err error) {
	w = &wire{}
	client, err := s.Client(context.Background(), config.WithHTTPClient(w),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		return w, false, err
	}
	b, err := backend.New(client, s.Backend)
	if err == nil {
		_, err = b.Secret(context.Background(), "x")
	}
	return w, true, err
}

func (r kwargsRow) compare(dir string) (v connuritest.Verdict) {
	defer r.environment(dir)()
	s, err := r.settings(dir)
	switch {
	case r.Attrs.IsNull():
		if !errors.Is(err, setup.ErrNoBackend) {
			v.Add("attrs", fmt.Sprintf("no backend expected: %v", err))
		}
		return v
	case r.Attrs.Err != "":
		if err == nil {
			v.Add("attrs", "no error where Airflow has "+r.Attrs.Err)
		}
		return v
	case err != nil && !r.works():
		v.Add("attrs", "", early)
		return v
	case err != nil && isRefused(r.Kwargs):
		v.Add("attrs", "", wrongType)
		return v
	case err != nil:
		v.Add("attrs", err.Error())
		return v
	case isRefused(r.Kwargs) && r.works():
		v.Add("attrs", "not refused")
		return v
	}
	v.Add("attrs", compareAttrs(r.Attrs.Fields(), s))
	r.compareClient(&v, s)
	return v
}

func (r kwargsRow) compareClient(v *connuritest.Verdict, s setup.Settings) {
	w, made, err := ask(s)
	switch {
	case r.Client.Err != "" && err == nil:
		v.Add("client", "no error where Airflow has "+r.Client.Err)
	case r.Client.Err != "" && !made:
		// Both fail in the same place.
	case r.Client.Err != "" && s.AWS.Role.ARN != "":
		v.Add("client", "", late)
	case r.Client.Err != "":
		v.Add("client", "an error at the call only, where Airflow has "+r.Client.Err)
	case !made && r.Request.Error != "":
		v.Add("client", "", early2)
	case isEarly(s.AWS) != "":
		v.Add("client", "", isEarly(s.AWS))
		if made {
			v.Add("client", "not refused")
		}
	case !made:
		v.Add("client", err.Error())
	case (err != nil) != (r.Request.Error != ""):
		v.Add("request", fmt.Sprintf("%q expected: %v", r.Request.Error, err))
	default:
		r.compareRequests(v, w)
	}
}

// environment sets the environment in which the rows were recorded; undo restores the old one.
func (r kwargsRow) environment(dir string) (undo func()) {
	files := map[string]string{"config": r.AWSConfig, "credentials": r.AWSKeys, "token.txt": "web-token"}
	for name, text := range files {
		_ = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret-env", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
	}
	for name, value := range r.Env {
		if delete(env, name); value != nil && strings.HasPrefix(name, "AWS_") {
			env[name] = *value
		}
		if name == "AWS_WEB_IDENTITY_TOKEN_FILE" && env[name] != "" {
			env[name] = filepath.Join(dir, env[name])
		}
	}
	before := map[string]string{}
	for name, value := range env {
		before[name] = os.Getenv(name)
		_ = os.Setenv(name, value)
	}
	return func() {
		for name, value := range before {
			if _ = os.Unsetenv(name); value != "" {
				_ = os.Setenv(name, value)
			}
		}
	}
}

func (r kwargsRow) settings(dir string) (setup.Settings, error) {
	if r.WorkerMode == nil {
		token, _ := json.Marshal(filepath.Join(dir, "token.txt"))
		return setup.ParseKwargs(bytes.ReplaceAll(r.Kwargs, []byte(`"token.txt"`), token))
	}
	environ := []string{"AIRFLOW_HOME=" + filepath.Join(dir, "none")}
	for name, value := range r.Env {
		environ = append(environ, name+"="+*value)
	}
	return setup.Load(environ, processOf(*r.WorkerMode))
}

func compareAttrs(want map[string]any, s setup.Settings) (fault string) {
	sep := map[lookup.Sep]string{"": "/", lookup.NoSep: ""}
	separator, special := sep[s.Backend.Sep]
	if !special {
		separator = string(s.Backend.Sep)
	}
	prefix := func(p lookup.Prefix, byDefault string) any {
		switch p {
		case "":
			return strings.TrimRight(byDefault, separator)
		case lookup.NoPrefix:
			return ""
		case lookup.Disabled:
			return nil
		}
		return strings.TrimRight(string(p), separator)
	}
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	got := map[string]any{
		"connections_prefix": prefix(s.Backend.ConnectionsPrefix, "airflow/connections"), "connections_lookup_pattern": orNull(s.Backend.ConnectionsLookupPattern),
		"variables_prefix": prefix(s.Backend.VariablesPrefix, "airflow/variables"), "variables_lookup_pattern": orNull(s.Backend.VariablesLookupPattern),
		"config_prefix": prefix(s.Backend.ConfigPrefix, "airflow/config"), "config_lookup_pattern": orNull(s.Backend.ConfigLookupPattern),
		"sep": separator, "profile_name": orNull(s.AWS.Profile), "api_version": orNull(s.AWS.APIVersion),
	}
	for name, value := range want {
		switch name {
		case "use_ssl": // Airflow accepts any value and checks whether it is false
			isFalse := value == false || value == "" || fmt.Sprint(value) == "0"
			if s.AWS.PlainHTTP != isFalse {
				return name + " differs"
			}
		case "extra_conn_words":
			doc, _ := json.Marshal(value)
			words, err := connuri.ParseConnWords(string(doc))
			if err != nil || len(words)+len(s.Backend.ExtraConnWords) > 0 && !reflect.DeepEqual(words, s.Backend.ExtraConnWords) {
				return name + " differs"
			}
		default:
			if value == "" && strings.HasSuffix(name, "pattern") {
				value = nil
			}
			if got[name] != value {
				return name + " differs"
			}
		}
	}
	return ""
}

func (r kwargsRow) compareRequests(v *connuritest.Verdict, w *wire) {
	if r.Request.Error == "" {
		last := w.asked[len(w.asked)-1]
		token := ""
		if r.Request.SessionToken != nil {
			token = *r.Request.SessionToken
		}
		if last.url != r.Request.URL || last.signedBy != r.Request.SignedBy || last.token != token {
			v.Add("request", fmt.Sprintf("%+v where %+v is expected", last, *r.Request))
		}
	}
	if len(w.sts) != len(r.STS) {
		v.Add("sts", fmt.Sprintf("%d calls where Airflow makes %d", len(w.sts), len(r.STS)))
		return
	}
	for i, want := range r.STS {
		got := w.sts[i]
		signedBy := ""
		if want.SignedBy != nil {
			signedBy = *want.SignedBy
		}
		if r.movesSTS() { // the signature may be part of the form
			maps.DeleteFunc(want.Params, func(name, _ string) bool {
				return strings.HasPrefix(name, "Signature") || name == "AWSAccessKeyId" || name == "Timestamp"
			})
		}
		for name, value := range want.Params {
			value = strings.NewReplacer("<token file content>", "web-token").Replace(value)
			if prefix, found := strings.CutSuffix(value, "<unix time>"); found && strings.HasPrefix(got.form.Get(name), prefix) {
				value = got.form.Get(name)
			}
			if given := got.form.Get(name); strings.HasPrefix(value, "botocore-session-") && r.Env["AWS_ROLE_ARN"] != nil && given != "" && strings.Trim(given, "0123456789") == "" {
				v.Add("sts", "", madeUpName) // the provider of the SDK makes it
				continue
			}
			if got.form.Get(name) != value {
				v.Add("sts", name+" differs")
			}
		}
		if r.movesSTS() { // config_kwargs is not read, so the call goes to the usual endpoint
			v.Add("sts", "", stsConfig)
			got.url, got.signedBy = want.URL, signedBy
		}
		if len(got.form) != len(want.Params)+1 || got.url != want.URL || got.signedBy != signedBy { // one more, Version
			v.Add("sts", fmt.Sprintf("%+v where %+v is expected", got, want))
		}
	}
	for _, client := range r.STSClients {
		if client.Config != nil && client.Config["signature_version"] == nil {
			v.Add("sts", "", stsConfig)
		}
	}
}
