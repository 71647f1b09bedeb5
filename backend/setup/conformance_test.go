package setup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// TestConformance holds every recorded configuration against ours: what Airflow's
// two parsers found, what its backend kept, and how its client asked.
func TestConformance(t *testing.T) {
	found := connuritest.Each(t, "kwargs", func(r kwargsRow) connuritest.Verdict { return r.judge(t.TempDir()) })
	found = connuritest.Each(t, "airflow_cfg", func(r cfgRow) connuritest.Verdict { return r.judge(t.TempDir()) }) || found
	assert.True(t, found, "none of the families lies in %s", connuritest.Dir())
}

// The differences that were chosen, as the package doc states them.
const (
	otherClass = "a class other than SecretsManagerBackend is refused: it is not read here"
	notRun     = "kwargs of a _CMD or _SECRET form are refused: no program is run, no secret asked for"
	wrongType  = "a kwarg of the wrong JSON type is refused by name: Airflow keeps it and fails later, or at no time"
	early      = "refused when the kwargs are read: Airflow fails when it makes the client"
	early2     = "refused when the client is made: Airflow fails at the call"
	caFile     = "verify: the CA file is read when the client is made: Airflow fails at the call when it is not there"
	halfKey    = "one key without the other is refused when the client is made: botocore signs with the key id alone"
	stsConfig  = "config_kwargs reach Airflow's STS client only, in botocore's terms: a warning says that they are not read"
)

type cfgRow struct {
	Cfg, CfgAt *string
	Files      map[string]string
	Env        map[string]*string
	WorkerMode bool `json:"worker_mode"`
	Backend    *string
	Kwargs     json.RawMessage
	MultiTeam  connuritest.Answer `json:"multi_team"`
	Warned     bool
	Error      string
}

func (r *cfgRow) UnmarshalJSON(raw []byte) error {
	type plain cfgRow
	at := struct {
		*plain
		CfgAt *string `json:"cfg_at"`
	}{plain: (*plain)(r)}
	err := json.Unmarshal(raw, &at)
	r.CfgAt = at.CfgAt
	return err
}

// form is an option that only a command or a secret fills.
var form = regexp.MustCompile(`(?i)kwargs_(cmd|secret)`)

func (r cfgRow) judge(home string) (v connuritest.Verdict) {
	environ, hasForm := r.environ(home)
	s, err := setup.Load(environ, r.WorkerMode)
	isMulti := string(r.MultiTeam.Raw) == "true"
	switch {
	case hasForm && err != nil && !errors.Is(err, setup.ErrNoBackend):
		v.Add("form", "", notRun)
		if !strings.Contains(err.Error(), "without _") && !strings.Contains(err.Error(), setup.Class) {
			v.Add("form", "another error: "+err.Error())
		}
	case r.Error != "" || r.MultiTeam.Err != "":
		if err == nil || errors.Is(err, setup.ErrNoBackend) {
			v.Add("error", "none where Airflow has "+r.Error+r.MultiTeam.Err)
		}
	case r.Backend == nil:
		if !errors.Is(err, setup.ErrNoBackend) || s.Backend.MultiTeam != isMulti {
			v.Add("backend", fmt.Sprintf("none expected, multi_team %t: %v", isMulti, err))
		}
	case *r.Backend != setup.Class:
		v.Add("class", "", otherClass)
		if err == nil || !strings.Contains(err.Error(), setup.Class) {
			v.Add("class", "not refused")
		}
	default:
		fault, choices := sameAsKwargs(s, err, r.Kwargs, isMulti, r.Warned)
		v.Add("settings", fault, choices...)
	}
	return v
}

// environ puts the files of a row into place.
func (r cfgRow) environ(home string) (environ []string, hasForm bool) {
	cfg := filepath.Join(home, "airflow.cfg")
	if r.CfgAt != nil {
		cfg = filepath.Join(home, *r.CfgAt)
	}
	write := func(path, text string) {
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		_ = os.WriteFile(path, []byte(text), 0o600)
	}
	if r.Cfg != nil {
		write(cfg, *r.Cfg)
		hasForm = form.MatchString(*r.Cfg)
	}
	for name, text := range r.Files {
		write(filepath.Join(home, name), text)
	}
	env := map[string]*string{"AIRFLOW_HOME": &home, "HOME": &home}
	for name, value := range r.Env {
		env[name] = value
		hasForm = hasForm || form.MatchString(name)
	}
	places := strings.NewReplacer("${CFG}", cfg, "${HOME_DIR}", home)
	for name, value := range env {
		if value != nil {
			environ = append(environ, name+"="+places.Replace(*value))
		}
	}
	slices.Sort(environ)
	return environ, hasForm
}

// sameAsKwargs compares what Load found with what ParseKwargs makes of the
// recorded kwargs, so that no field is left out.
func sameAsKwargs(s setup.Settings, err error, kwargs []byte, multiTeam, warned bool) (fault string, choices []string) {
	want, refused := setup.ParseKwargs(kwargs)
	if refused != nil {
		if err == nil || reason(err) != reason(refused) {
			return fmt.Sprintf("%v where ParseKwargs has %v", err, refused), nil
		}
		return "", []string{wrongType}
	}
	if err != nil {
		return err.Error(), nil
	}
	want.From, want.Backend.MultiTeam = s.From, multiTeam
	if warned {
		if len(s.Warnings) == 0 || !strings.Contains(s.Warnings[0], " is ignored") {
			return "no warning that the kwargs are ignored", nil
		}
		s.Warnings = s.Warnings[1:]
	}
	if len(s.Warnings) == 0 {
		s.Warnings = nil
	}
	if !reflect.DeepEqual(s, want) {
		return fmt.Sprintf("%+v where %+v is expected", s, want), nil
	}
	return "", nil
}

// reason is an error without the place it begins with.
func reason(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+2:]
}

type kwargsRow struct {
	Kwargs     json.RawMessage
	Env        map[string]*string
	AWSConfig  string `json:"aws_config"`
	WorkerMode *bool  `json:"worker_mode"` // given in rows that begin with the environment
	Attrs      connuritest.Answer
	Client     connuritest.Answer
	Request    *struct {
		URL          string
		SignedBy     string  `json:"signed_by"`
		SessionToken *string `json:"session_token"`
		Error        string
	}
	STS []struct {
		URL      string
		Params   map[string]string
		SignedBy *string `json:"signed_by"`
	}
	STSClients []struct {
		Config map[string]any
	} `json:"sts_clients"`
}

func (r kwargsRow) judge(dir string) (v connuritest.Verdict) {
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
	case err != nil && r.Client.Err != "":
		v.Add("attrs", "", early)
		return v
	case err != nil && strings.Contains(err.Error(), " must be "):
		v.Add("attrs", "", wrongType)
		return v
	case err != nil:
		v.Add("attrs", err.Error())
		return v
	}
	v.Add("attrs", compareAttrs(r.Attrs.Fields(), s))

	wire := &wire{}
	client, err := s.Client(context.Background(), config.WithHTTPClient(wire),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	switch {
	case r.Client.Err != "":
		if err == nil {
			v.Add("client", "no error where Airflow has "+r.Client.Err)
		}
		return v
	case err != nil && r.Request.Error != "":
		v.Add("client", "", early2)
		return v
	case err != nil && s.AWS.CAFile != "":
		v.Add("client", "", caFile)
		return v
	case err != nil && s.AWS.SecretAccessKey.IsZero() && !s.AWS.AccessKeyID.IsZero():
		v.Add("client", "", halfKey)
		return v
	case err != nil:
		v.Add("client", err.Error())
		return v
	}
	b, err := backend.New(client, s.Backend)
	if err == nil {
		_, err = b.Secret(context.Background(), "x")
	}
	if (err != nil) != (r.Request.Error != "") {
		v.Add("request", fmt.Sprintf("%q expected: %v", r.Request.Error, err))
		return v
	}
	r.compareRequests(&v, wire)
	return v
}

// environment is what the rows were recorded in; undo takes it back.
func (r kwargsRow) environment(dir string) (undo func()) {
	files := map[string]string{"config": r.AWSConfig, "token.txt": "web-token"}
	for name, text := range files {
		_ = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "secret-env", "AWS_DEFAULT_REGION": "us-east-1",
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"),
	}
	for name, value := range r.Env {
		if delete(env, name); value != nil && strings.HasPrefix(name, "AWS_") {
			env[name] = *value
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
	return setup.Load(environ, *r.WorkerMode)
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
			return byDefault
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
		case "use_ssl": // any value in Airflow; what counts is whether it is false
			isFalse := value == false || value == "" || fmt.Sprint(value) == "0"
			if s.AWS.PlainHTTP != isFalse {
				return name + " differs"
			}
		case "extra_conn_words":
			doc, _ := json.Marshal(value)
			words, err := connuri.ParseWords(string(doc))
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
		for name, value := range want.Params {
			value = strings.NewReplacer("<token file content>", "web-token").Replace(value)
			if prefix, found := strings.CutSuffix(value, "<unix time>"); found && strings.HasPrefix(got.form.Get(name), prefix) {
				value = got.form.Get(name)
			}
			if got.form.Get(name) != value {
				v.Add("sts", name+" differs")
			}
		}
		if len(got.form) != len(want.Params)+1 || got.url != want.URL || got.signedBy != signedBy { // + Version
			v.Add("sts", fmt.Sprintf("%+v where %+v is expected", got, want))
		}
	}
	for _, client := range r.STSClients {
		if client.Config != nil && client.Config["signature_version"] == nil {
			v.Add("sts", "", stsConfig)
		}
	}
}

// wire is an HTTP client that answers as STS and as Secrets Manager would, and
// keeps what it was asked.
type wire struct {
	asked, sts []request
}

type request struct {
	url, signedBy, token string
	form                 url.Values
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	got := request{url: r.URL.String(), token: r.Header.Get("X-Amz-Security-Token")}
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		got.signedBy = m[1]
	}
	answer := `{"Name": "x", "SecretString": "text"}`
	if r.Header.Get("X-Amz-Target") == "" {
		got.form, _ = url.ParseQuery(string(body))
		w.sts = append(w.sts, got)
		answer = stsAnswer(got.form.Get("Action"))
	} else {
		w.asked = append(w.asked, got)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// stsAnswer gives the credentials of a role.
func stsAnswer(action string) string {
	return fmt.Sprintf(`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action)
}
