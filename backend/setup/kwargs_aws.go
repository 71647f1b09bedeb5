package setup

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// aws is what AwsConnectionWrapper makes of the rest.
func (r reader) aws() AWS {
	a := AWS{
		Region:         r.filled("region_name"),
		Profile:        r.filled("profile_name"),
		EndpointURL:    r.url("endpoint_url"),
		APIVersion:     r.filled("api_version"),
		PlainHTTP:      !r.useSSL(),
		STSEndpointURL: r.stsEndpoint(),
		Role:           r.role(),
	}
	a.InsecureSkipVerify, a.CAFile = r.verify()
	a.AccessKeyID, a.SecretAccessKey, a.SessionToken = r.keys()
	if config := r.object("config_kwargs"); len(config.values) > 0 {
		r.warn("config_kwargs is not read: Airflow gives it to its STS client only; the SDK has settings of its own, such as AWS_MAX_ATTEMPTS")
	}
	return a
}

// url is an endpoint. A login or a query in it, which may be a password or a
// token, has no place there.
func (r reader) url(name string) string {
	text := r.filled(name)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.refuse("%s%s must be a plain http or https URL: no login, no query", r.path, name)
		return ""
	}
	return text
}

// useSSL has Python's idea of true, since botocore only asks whether it is.
func (r reader) useSSL() bool {
	switch value := r.any("use_ssl").(type) {
	case nil:
		return true
	case bool:
		return value
	case string, float64:
		use := !falsy(value)
		r.warn("use_ssl is %s, which Airflow takes for %t; write true or false", typeOf(r.values["use_ssl"]), use)
		return use
	}
	r.refuseType("use_ssl", "true or false")
	return true
}

func (r reader) verify() (skip bool, caFile string) {
	switch value := r.any("verify").(type) {
	case nil:
	case bool:
		return !value, ""
	case string:
		if value == "" {
			r.refuse("verify is empty; leave it out instead")
		}
		if slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "0", "1", "none", "null"}, strings.ToLower(value)) {
			r.warn("verify is a string, which Airflow takes for the path of a CA file; write true or false without quotes")
		}
		return false, value
	default:
		r.refuseType("verify", "true, false or the path of a CA file")
	}
	return false, ""
}

// keys follows AwsConnectionWrapper._get_credentials.
func (r reader) keys() (id, key, token connuri.Secret) {
	session := r.object("session_kwargs")
	for _, name := range []string{"region_name", "profile_name"} {
		if session.given(name) {
			r.warn("session_kwargs.%s does nothing; set %s beside session_kwargs", name, name)
			delete(session.values, name)
		}
	}
	session.warnUnknown(sessionNames)
	id, key, token = r.secret("aws_access_key_id"), r.secret("aws_secret_access_key"), r.secret("aws_session_token")
	id2, key2, token2 := session.secret("aws_access_key_id"), session.secret("aws_secret_access_key"), session.secret("aws_session_token")
	if (id.Reveal() == "" || key.Reveal() == "") && id2.Reveal() != "" && key2.Reveal() != "" {
		id, key = id2, key2
	}
	if token.Reveal() == "" && token2.Reveal() != "" {
		token = token2
	}
	return id, key, token
}

// stsEndpoint is all that SecretsManagerBackend takes of service_config.
func (r reader) stsEndpoint() string {
	if r.given("service_config") && r.any("service_config") == nil {
		r.refuseType("service_config", "an object")
	}
	services := r.object("service_config")
	for service := range services.values {
		if service != "sts" {
			r.warn("service_config does nothing but for sts.endpoint_url; the endpoint of Secrets Manager is endpoint_url")
			break
		}
	}
	sts := services.object("sts")
	sts.warnUnknown([]string{"endpoint_url"})
	return sts.url("endpoint_url")
}

// role follows AwsConnectionWrapper._get_assume_role_configs: without role_arn
// nothing of it is looked at.
func (r reader) role() Role {
	role := Role{}
	role.ARN, _ = r.text("role_arn")
	if role.ARN == "" {
		for _, name := range []string{"assume_role_kwargs", "assume_role_method"} {
			if !falsy(r.any(name)) {
				r.warn("%s does nothing without role_arn", name)
			}
		}
		return Role{}
	}
	role.Method, _ = r.text("assume_role_method")
	if r.given("assume_role_method") && role.Method == "" {
		r.refuse("assume_role_method is null or empty; leave it out instead")
	}
	role.Federation, _ = r.text("assume_role_with_web_identity_federation")
	role.TokenFile, _ = r.text("assume_role_with_web_identity_token_file")

	k := r.object("assume_role_kwargs")
	for _, name := range slices.Sorted(maps.Keys(k.values)) {
		if !slices.Contains(roleNames, name) {
			right := nearest(name, roleNames)
			if right == "" {
				right = strings.Join(roleNames, ", ")
			}
			r.refuse("assume_role_kwargs.%s is no parameter that is read here; write %s", shownName(name), right)
		}
	}
	role.SessionName = k.filled("RoleSessionName")
	role.ExternalID = k.secret("ExternalId")
	role.Duration = k.seconds("DurationSeconds")
	role.Policy = k.filled("Policy")
	role.PolicyARNs = k.policies("PolicyArns")
	role.Tags = k.tags("Tags")
	role.TransitiveTagKeys = k.texts("TransitiveTagKeys")
	role.SourceIdentity = k.filled("SourceIdentity")
	role.SerialNumber = k.filled("SerialNumber")
	role.TokenCode = k.secret("TokenCode")
	return role
}

func (r reader) seconds(name string) time.Duration {
	if r.any(name) == nil {
		return 0
	}
	var n int32
	if json.Unmarshal(r.values[name], &n) != nil {
		r.refuse("%s%s must be a whole number", r.path, name)
	}
	return time.Duration(n) * time.Second
}

func (r reader) policies(name string) (arns []string) {
	var list []struct {
		ARN *string `json:"arn"`
	}
	bad := r.any(name) != nil && json.Unmarshal(r.values[name], &list) != nil
	for _, p := range list {
		if bad = bad || p.ARN == nil; !bad {
			arns = append(arns, *p.ARN)
		}
	}
	if bad {
		r.refuse(`%s%s must be a list of {"arn": …}`, r.path, name)
	}
	return arns
}

func (r reader) tags(name string) map[string]string {
	var list []struct{ Key, Value *string }
	bad := r.any(name) != nil && json.Unmarshal(r.values[name], &list) != nil
	tags := map[string]string{}
	for _, tag := range list {
		if bad = bad || tag.Key == nil || tag.Value == nil; !bad {
			tags[*tag.Key] = *tag.Value
		}
	}
	if bad {
		r.refuse(`%s%s must be a list of {"Key": …, "Value": …}`, r.path, name)
	}
	if len(tags) == 0 {
		return nil
	}
	return tags
}
