package setup

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// aws reads the other kwargs as the extra of an aws connection, as AwsConnectionWrapper does.
func (r reader) aws() AWS {
	a := AWS{APIVersion: r.filled("api_version"), PlainHTTP: !r.useSSL()}
	r.checkTexts()
	r.checkVerify()
	r.checkSession()
	r.checkServices()
	r.checkRole()
	r.checkConfig()
	if r.err != nil {
		return AWS{}
	}
	extra := object{}
	for name, value := range r.values {
		if name != "config_kwargs" && slices.Contains(kwargNames, name) {
			extra[name] = value
		}
	}
	delete(extra, "service_config")
	if sts := r.object("service_config").object("sts"); len(sts.values) > 0 { // SecretsManagerBackend uses nothing else of it
		extra["service_config"], _ = json.Marshal(map[string]object{"sts": sts.values})
	}
	doc, _ := json.Marshal(extra)
	config, err := hook.AWS(connuri.Connection{ID: backendID, Type: "aws", Extra: connuri.RawExtra(string(doc))})
	if refused, ok := errors.AsType[*hook.Error](err); ok && !waitsForOpen(refused) {
		r.refuse(refused.Key, "value", refused.Key+": "+refused.Rule, refused.Instead)
	}
	a.AWSConfig = config
	return a
}

// waitsForOpen reports whether an error is reported only when the backend is opened. Until
// then a program can still change the settings.
func waitsForOpen(err *hook.Error) bool {
	return errors.Is(err, hook.ErrUnsupported) || strings.HasPrefix(err.Key, "assume_role_method") || strings.HasPrefix(err.Key, "assume_role_with_")
}

// checkConfig refuses names in config_kwargs that botocore does not know. Airflow passes them
// to botocore even if no client uses them.
func (r reader) checkConfig() {
	if len(r.object("config_kwargs").values) == 0 {
		return
	}
	r.warn("config_kwargs", "no-effect", "config_kwargs is not read: Airflow passes it only to its STS client; use settings of the SDK, such as AWS_MAX_ATTEMPTS")
	doc, _ := json.Marshal(object{"config_kwargs": r.values["config_kwargs"]})
	_, err := hook.AWS(connuri.Connection{Type: "aws", Extra: connuri.RawExtra(string(doc))})
	refused, ok := errors.AsType[*hook.Error](err)
	if !ok || errors.Is(err, hook.ErrUnsupported) {
		return
	}
	switch part := strings.Split(refused.Key, "."); { // botocore checks the other values only at a call
	case len(part) == 1, part[1] == "retries", part[1] == "s3":
		r.refuse(refused.Key, "value", refused.Key+": "+refused.Rule, refused.Instead)
	}
}

// checkTexts refuses texts with which Airflow fails later, when it makes the client or calls.
func (r reader) checkTexts() {
	for _, name := range []string{"region_name", "profile_name", "endpoint_url"} {
		r.filled(name)
	}
	r.checkURL("endpoint_url")
	for _, name := range []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "role_arn"} {
		r.text(name)
	}
}

func (r reader) checkURL(name string) {
	if text := r.filled(name); text != "" && !plainURL(text) {
		r.refuse(r.path+name, "value", r.path+name+" "+mustBePlain, "")
	}
}

// useSSL reads use_ssl. Like botocore, it accepts any value that Python treats as true.
func (r reader) useSSL() bool {
	switch value := r.any("use_ssl").(type) {
	case nil:
		return true
	case bool:
		return value
	case string, float64:
		use := !falsy(value)
		r.warn("use_ssl", "not-boolean", "use_ssl is %s, which Airflow treats as %t; write true or false", typeOf(r.values["use_ssl"]), use)
		return use
	}
	r.refuseType("use_ssl", "true or false")
	return true
}

func (r reader) checkVerify() {
	switch value := r.any("verify").(type) {
	case nil, bool:
	case string:
		if value == "" {
			r.refuse("verify", "value", "verify is empty", "leave it out instead")
		}
		if slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "0", "1", "none", "null"}, strings.ToLower(value)) {
			r.warn("verify", "not-boolean", "verify is a string, which Airflow treats as the path of a CA file; write true or false without quotes")
		}
	default:
		r.refuseType("verify", "true, false or the path of a CA file")
	}
}

func (r reader) checkSession() {
	session := r.object("session_kwargs")
	for _, name := range []string{"region_name", "profile_name"} {
		if session.given(name) {
			r.warn("session_kwargs."+name, "no-effect", "session_kwargs.%s does nothing; set %s outside session_kwargs", name, name)
			delete(session.values, name)
		}
	}
	session.warnUnknown(sessionNames)
	for _, name := range sessionNames {
		session.text(name)
	}
}

func (r reader) checkServices() {
	if r.given("service_config") && r.any("service_config") == nil {
		r.refuseType("service_config", "an object")
	}
	services := r.object("service_config")
	for service := range services.values {
		if service != "sts" {
			r.warn("service_config", "no-effect", "service_config does nothing, except for sts.endpoint_url; the endpoint of Secrets Manager is endpoint_url")
			break
		}
	}
	sts := services.object("sts")
	sts.warnUnknown([]string{"endpoint_url"})
	sts.checkURL("endpoint_url")
}

// checkRole follows AwsConnectionWrapper._get_assume_role_configs, which ignores all of this
// without role_arn.
func (r reader) checkRole() {
	if arn, _ := r.text("role_arn"); arn == "" {
		for _, name := range []string{"assume_role_kwargs", "assume_role_method"} {
			if !falsy(r.any(name)) {
				r.warn(name, "needs-role", "%s does nothing without role_arn", name)
			}
		}
		return
	}
	if method, _ := r.text("assume_role_method"); r.given("assume_role_method") && method == "" {
		r.refuse("assume_role_method", "value", "assume_role_method is null or empty", "leave it out instead")
	}
	r.text("assume_role_with_web_identity_federation")
	r.text("assume_role_with_web_identity_token_file")
	k := r.object("assume_role_kwargs")
	if k.any("DurationSeconds") == 0.0 { // package hook treats 0 as missing
		r.refuse("assume_role_kwargs.DurationSeconds", "value", "assume_role_kwargs.DurationSeconds must be at least 900", "")
	}
	for _, name := range slices.Sorted(maps.Keys(k.values)) {
		if !slices.Contains(roleNames, name) {
			right := nearest(name, roleNames)
			if right == "" {
				right = strings.Join(roleNames, ", ")
			}
			field := k.path + shownName(name)
			r.refuse(field, "unknown-name", field+" is not a parameter that is read here", "write "+right)
		}
	}
}
