package setup_test

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/pytruth"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
)

// TestConformance compares every recorded configuration: what the two parsers of Airflow found,
// what its backend kept, and what its client asked.
func TestConformance(t *testing.T) {
	found := connuritest.Each(t, "kwargs", func(r kwargsRow) connuritest.Verdict { return r.judge(t.TempDir()) })
	srv := secretsmanagertest.NewServer(t, secretsmanagertest.Options{AnyName: true})
	found = connuritest.Each(t, "provider8/lookup", func(r providerRow) connuritest.Verdict { return r.judge(srv, t.TempDir()) }) || found
	found = connuritest.Each(t, "airflow_cfg", func(r cfgRow) connuritest.Verdict { return r.judge(t.TempDir()) }) || found
	connuritest.RequireFound(t, found)
}

// The chosen differences, as in the package doc.
const (
	otherClass     = "a class other than SecretsManagerBackend is refused: it is not read here"
	notRun         = "kwargs of a _CMD or _SECRET form are refused: no program is run, and no secret is asked for"
	wrongType      = "a kwarg of the wrong JSON type is refused by name: Airflow keeps it and fails later or never"
	early          = "refused when the kwargs are read: Airflow fails when it makes the client, or at the call"
	early2         = "refused when the client is made: Airflow fails at the call"
	late           = "a role is assumed by the first lookup, which fails: Airflow fails when it makes the client"
	caFile         = "verify: the CA file is read when the client is made: Airflow fails at the call if it does not exist"
	halfKey        = "one key without the other is refused when the client is made: botocore signs with only the key id"
	stsConfig      = "config_kwargs reach Airflow's STS client only, in botocore's terms: a warning says that they are not read"
	defaultProfile = "only boto3 reads AWS_DEFAULT_PROFILE: the SDK reads AWS_PROFILE"
	awsRegion      = "AWS_REGION takes precedence over AWS_DEFAULT_REGION: boto3 does not read it"
)

// kinds are the JSON types that each kwarg may have: a string, an empty one, a number, true or
// false, null, an object.
var kinds = map[string]string{
	"sep": "string empty", "verify": "string bool null", "use_ssl": "string empty number bool null", "service_config": "object",
	"region_name": "string null", "profile_name": "string null", "endpoint_url": "string null", "api_version": "string null",
}

// isRefused reports whether a kwarg is refused by choice although Airflow builds its backend: it
// has another type, or a client cannot be made with it.
func isRefused(doc []byte) bool {
	var kwargs map[string]any
	_ = json.Unmarshal(doc, &kwargs)
	if _, isSelf := kwargs["self"]; isSelf {
		return true
	}
	hasRole := kwargs["role_arn"] != nil && kwargs["role_arn"] != ""
	for name, value := range kwargs {
		allowed := kinds[name]
		switch {
		case name == "endpoint_url" && !isPlainURL(value), name == "service_config" && !isPlainURL(stsEndpoint(value)):
			return true
		case name == "service_config" && hasOther(value, "object", "sts"), name == "session_kwargs" && hasOther(value, "string empty null", "aws_access_key_id", "aws_secret_access_key", "aws_session_token"):
			return true
		case name == "service_config" && pytruth.IsFalsy(value) && value != nil:
			continue
		case hasRole && strings.HasPrefix(name, "assume_role_with_web_identity_") && !strings.HasSuffix(name, "_audience"):
			allowed = "string empty null"
		case allowed != "":
		case strings.HasSuffix(name, "_prefix") && name != "connection_prefix", strings.HasSuffix(name, "_pattern"), strings.HasPrefix(name, "aws_"), name == "role_arn":
			allowed = "string empty null"
		case name == "assume_role_method" && !hasRole:
			continue
		case name == "assume_role_method":
			allowed = "string"
		case name == "assume_role_kwargs" && hasRole:
			if params, isObject := value.(map[string]any); isObject && hasOddParam(params) {
				return true
			}
			if pytruth.IsFalsy(value) {
				continue
			}
			allowed = "object"
		case pytruth.IsFalsy(value) && (name == "extra_conn_words" || name == "session_kwargs" || name == "config_kwargs"):
			continue
		case name == "extra_conn_words" && !isWords(value):
			return true
		case name == "extra_conn_words", name == "session_kwargs", name == "config_kwargs":
			allowed = "object"
		default:
			continue
		}
		if !slices.Contains(strings.Fields(allowed), kind(value)) {
			return true
		}
	}
	return false
}

// hasOther reports whether one of some members of an object has a type that is not allowed.
func hasOther(value any, allowed string, names ...string) bool {
	members, _ := value.(map[string]any)
	return slices.ContainsFunc(names, func(name string) bool {
		member, given := members[name]
		return given && !pytruth.IsFalsy(member) && !slices.Contains(strings.Fields(allowed), kind(member))
	})
}

// isWords reports whether Python can iterate over each value of extra_conn_words.
func isWords(value any) bool {
	words, isObject := value.(map[string]any)
	for _, list := range words {
		isObject = isObject && !slices.Contains([]string{"number", "bool", "null"}, kind(list))
	}
	return isObject
}

// isPlainURL reports whether a value is not text, or is text that can be an endpoint.
func isPlainURL(value any) bool {
	text, isText := value.(string)
	u, err := url.Parse(text)
	return !isText || text == "" || err == nil && strings.HasPrefix(u.Scheme, "http") && u.Hostname() != "" && !strings.ContainsAny(text, "@?#")
}

func stsEndpoint(services any) any {
	of, _ := services.(map[string]any)
	sts, _ := of["sts"].(map[string]any)
	return sts["endpoint_url"]
}

func kind(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		if value == "" {
			return "empty"
		}
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case map[string]any:
		return "object"
	}
	return "list"
}

// isEarly returns why a client is refused that Airflow makes, or "".
func isEarly(a setup.AWS) string {
	id, key := a.AccessKeyID.Reveal() != "", a.SecretAccessKey.Reveal() != ""
	switch {
	case id && !key:
		return halfKey
	case a.CAFile != "":
		if _, err := os.Stat(a.CAFile); err != nil {
			return caFile
		}
	}
	return ""
}
