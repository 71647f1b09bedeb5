package setup_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// The differences for input that AWS would refuse in any case.
const (
	oddHost       = "an endpoint whose host has an underscore or another odd character is accepted: botocore refuses it"
	oddEndpoint   = "an endpoint of the environment that is not a plain URL is read by the SDK: botocore reads it differently"
	emptyRegion   = "an empty AWS_DEFAULT_REGION counts as unset for the SDK: botocore refuses it"
	stsRefuses    = "a session name that STS refuses is refused when the client is made: botocore sends it to STS"
	emptyTags     = "an empty list of tags or policies is not sent, and of two tags with one key only the last: botocore sends both"
	halfVariables = "one variable of a key without the other is ignored by the SDK: botocore refuses it"
	variables     = "variables that boto3 and the SDK read differently: an AWS_CA_BUNDLE that is not a file is refused, and AWS_STS_REGIONAL_ENDPOINTS and wrong values count for only one of them"
	madeUpName    = "a default session name consists of digits: botocore begins it with botocore-session-"
	badOption     = "a wrong value of an option in config_kwargs is not read: botocore refuses it when Airflow makes its STS client"
)

// roleKwargs is what a row says about the role.
type roleKwargs struct {
	ARN      any            `json:"role_arn"`
	Config   map[string]any `json:"config_kwargs"`
	Endpoint any            `json:"endpoint_url"`
	Services any            `json:"service_config"`
	Role     map[string]any `json:"assume_role_kwargs"`
}

func (r kwargsRow) role() (k roleKwargs) {
	_ = json.Unmarshal(r.Kwargs, &k) // a value of another type stays empty
	return k
}

// oddInput returns the reason why a row may differ, or "". It considers only the input and the
// class of Airflow's error.
func (r kwargsRow) oddInput() string {
	k := r.role()
	name, _ := k.Role["RoleSessionName"].(string)
	region := r.Env["AWS_DEFAULT_REGION"]
	switch {
	case r.Client.Err == "ValueError" && (hasOddHost(k.Endpoint) || hasOddHost(stsEndpoint(k.Services))):
		return oddHost
	case r.hasOddEndpointVariable():
		return oddEndpoint
	case region != nil && *region == "" && (r.Client.Err == "ValueError" || k.Endpoint != nil):
		return emptyRegion
	case r.hasVariable("AWS_CA_BUNDLE", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"):
		return variables
	case k.Config["signature_version"] != nil && k.ARN != nil:
		return stsConfig
	case r.works() && (len(name) > 64 || strings.ContainsAny(name, " /")):
		return stsRefuses
	case hasOddList(k.Role) && k.ARN != nil:
		return emptyTags
	case r.Client.Err+r.requestError() == "PartialCredentialsError" && r.hasHalfKey():
		return halfVariables
	case len(k.Config) > 0 && k.ARN != nil && !r.works() && isReadLate(k.Config):
		return badOption
	}
	return ""
}

// isReadLate reports whether botocore accepts config_kwargs until it makes a client: it knows
// each name, and retries and s3 are valid.
func isReadLate(config map[string]any) bool {
	doc, _ := json.Marshal(map[string]any{"config_kwargs": config})
	_, err := hook.AWS(connuri.Connection{Type: "aws", Extra: connuri.RawExtra(string(doc))})
	refused, ok := errors.AsType[*hook.Error](err)
	option, isOption := strings.CutPrefix(cmp.Or(refused, &hook.Error{}).Key, "config_kwargs.")
	return !ok || errors.Is(err, hook.ErrUnsupported) || isOption && !strings.HasPrefix(option, "retries") && !strings.HasPrefix(option, "s3")
}

func (r kwargsRow) requestError() string { return cmp.Or(r.Request, &requestRow{}).Error }

func (r kwargsRow) hasVariable(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return r.Env[name] != nil })
}

// hasHalfKey reports whether the environment has only one half of a key. The rows start with
// both.
func (r kwargsRow) hasHalfKey() bool {
	has := func(name string) bool {
		value, changed := r.Env[name]
		return !changed || value != nil && *value != ""
	}
	return has("AWS_ACCESS_KEY_ID") != has("AWS_SECRET_ACCESS_KEY")
}

// hasOddParam reports whether the parameters of a role have one that is not read here, that is
// null or empty, or that is a policy without its ARN.
func hasOddParam(params map[string]any) bool {
	const read = " RoleArn RoleSessionName ExternalId DurationSeconds Policy PolicyArns Tags TransitiveTagKeys SourceIdentity SerialNumber TokenCode "
	for name, value := range params {
		policies, _ := value.([]any)
		for _, member := range policies {
			policy, isObject := member.(map[string]any)
			if _, isText := policy["arn"].(string); name == "PolicyArns" && isObject && !isText {
				return true
			}
		}
		if !strings.Contains(read, " "+name+" ") || value == nil || value == "" {
			return true
		}
	}
	return false
}

// hasOddHost reports whether botocore refuses the name of a host.
func hasOddHost(endpoint any) bool {
	text, _ := endpoint.(string)
	u, err := url.Parse(text)
	if err != nil || text == "" || strings.Contains(u.Host, "[") {
		return false
	}
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label != strings.Trim(label, "-") {
			return true
		}
	}
	return false
}

func (r kwargsRow) hasOddEndpointVariable() bool {
	for name, value := range r.Env {
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL") && value != nil && (!isPlainURL(*value) || hasOddHost(*value)) {
			return true
		}
	}
	return false
}

// hasOddList reports whether a parameter of the role is an empty list, or has a tag twice.
func hasOddList(role map[string]any) bool {
	for _, value := range role {
		list, isList := value.([]any)
		keys := map[any]bool{}
		for _, member := range list {
			tag, _ := member.(map[string]any)
			key, isTag := tag["Key"].(string)
			if isTag && keys[key] {
				return true
			}
			keys[key] = true
		}
		if isList && len(list) == 0 {
			return true
		}
	}
	return false
}

// movesSTS reports whether config_kwargs changes where Airflow asks for the role or how it signs.
func (r kwargsRow) movesSTS() bool {
	config := r.role().Config
	for _, name := range []string{"region_name", "signature_version", "use_fips_endpoint", "use_dualstack_endpoint"} {
		if config[name] != nil {
			return true
		}
	}
	return false
}

// TestChoicesHideNoWrongAnswer alters Airflow's answer in each row that is a choice about a part
// of the answer. The other parts must still be compared.
func TestChoicesHideNoWrongAnswer(t *testing.T) {
	parts := []string{early, early2, late, awsRegion, defaultProfile, stsConfig, oddHost, emptyRegion, badOption}
	seen := map[string]int{}
	connuritest.Rows(t, "kwargs", func(line int, r kwargsRow) {
		v := r.judge(t.TempDir())
		if len(v.Choices) != 1 || !slices.Contains(parts, v.Choices[0]) || isRefused(r.Kwargs) || r.hasOddEndpointVariable() {
			return
		}
		seen[v.Choices[0]]++
		r.Attrs, r.Client = connuritest.Answer{Raw: json.RawMessage(`{}`)}, connuritest.Answer{Raw: json.RawMessage(`{}`)}
		request := *cmp.Or(r.Request, &requestRow{})
		request.URL, request.Error = "https://planted.example.com/", ""
		r.Request = &request
		assert.NotEmpty(t, r.judge(t.TempDir()).Faults, "line %d: a wrong answer is accepted as: %s", line, v.Choices[0])
	})
	for _, reason := range []string{early, late, awsRegion, stsConfig} {
		assert.Positive(t, seen[reason], "no row for: %s", reason)
	}
	t.Log(seen)
}
