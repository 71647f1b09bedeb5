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

// aws is what AwsConnectionWrapper makes of the rest, which reads the kwargs as the
// extra of a connection.
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
	if sts := r.object("service_config").object("sts"); len(sts.values) > 0 { // all that SecretsManagerBackend takes of it
		extra["service_config"], _ = json.Marshal(map[string]object{"sts": sts.values})
	}
	doc, _ := json.Marshal(extra)
	config, err := hook.AWS(connuri.Connection{ID: backendID, Type: "aws", Extra: connuri.RawExtra(string(doc))})
	if refused, ok := errors.AsType[*hook.Error](err); ok && !isForOpen(refused) {
		r.refuse(refused.Key, "value", refused.Key+": "+refused.Rule, refused.Instead)
	}
	a.AWSConfig = config
	return a
}

// isForOpen reports whether an error waits until the backend is opened: a program may still fix it before, or it is
// refused then.
func isForOpen(err *hook.Error) bool {
	return errors.Is(err, hook.ErrUnsupported) || strings.HasPrefix(err.Key, "assume_role_method") || strings.HasPrefix(err.Key, "assume_role_with_")
}

// checkConfig refuses the names in config_kwargs that botocore does not know. Airflow makes
// its options of them even where no client gets these.
func (r reader) checkConfig() {
	if len(r.object("config_kwargs").values) == 0 {
		return
	}
	r.warn("config_kwargs", "no-effect", "config_kwargs is not read: Airflow gives it to its STS client only; the SDK has settings of its own, such as AWS_MAX_ATTEMPTS")
	doc, _ := json.Marshal(object{"config_kwargs": r.values["config_kwargs"]})
	_, err := hook.AWS(connuri.Connection{Type: "aws", Extra: connuri.RawExtra(string(doc))})
	refused, ok := errors.AsType[*hook.Error](err)
	if !ok || errors.Is(err, hook.ErrUnsupported) {
		return
	}
	switch part := strings.Split(refused.Key, "."); { // what is in the others is not looked at before a call
	case len(part) == 1, part[1] == "retries", part[1] == "s3":
		r.refuse(refused.Key, "value", refused.Key+": "+refused.Rule, refused.Instead)
	}
}

// checkTexts is stricter than Airflow, which fails when it makes the client, or later.
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

// useSSL has Python's idea of true, since botocore only asks whether it is.
func (r reader) useSSL() bool {
	switch value := r.any("use_ssl").(type) {
	case nil:
		return true
	case bool:
		return value
	case string, float64:
		use := !falsy(value)
		r.warn("use_ssl", "not-boolean", "use_ssl is %s, which Airflow takes for %t; write true or false", typeOf(r.values["use_ssl"]), use)
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
			r.warn("verify", "not-boolean", "verify is a string, which Airflow takes for the path of a CA file; write true or false without quotes")
		}
	default:
		r.refuseType("verify", "true, false or the path of a CA file")
	}
}

func (r reader) checkSession() {
	session := r.object("session_kwargs")
	for _, name := range []string{"region_name", "profile_name"} {
		if session.given(name) {
			r.warn("session_kwargs."+name, "no-effect", "session_kwargs.%s does nothing; set %s beside session_kwargs", name, name)
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
			r.warn("service_config", "no-effect", "service_config does nothing but for sts.endpoint_url; the endpoint of Secrets Manager is endpoint_url")
			break
		}
	}
	sts := services.object("sts")
	sts.warnUnknown([]string{"endpoint_url"})
	sts.checkURL("endpoint_url")
}

// checkRole follows AwsConnectionWrapper._get_assume_role_configs: without role_arn
// nothing of it is looked at.
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
	if k.any("DurationSeconds") == 0.0 { // which package hook takes for none
		r.refuse("assume_role_kwargs.DurationSeconds", "value", "assume_role_kwargs.DurationSeconds must be at least 900", "")
	}
	for _, name := range slices.Sorted(maps.Keys(k.values)) {
		if !slices.Contains(roleNames, name) {
			right := nearest(name, roleNames)
			if right == "" {
				right = strings.Join(roleNames, ", ")
			}
			field := k.path + shownName(name)
			r.refuse(field, "unknown-name", field+" is no parameter that is read here", "write "+right)
		}
	}
}
