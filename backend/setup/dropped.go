package setup

import (
	"encoding/json"
	"strings"
)

// takeDropped converts the kwargs that provider 9.0 dropped to those that every provider
// reads, as AwsConnectionWrapper of an older provider does.
func (r reader) takeDropped() {
	looksInside := !r.given("region_name") || !r.given("profile_name")
	if value := r.any("session_kwargs"); looksInside && r.given("session_kwargs") && (value == nil || value == false || value == 0.0) {
		r.refuseType("session_kwargs", "an object")
	}
	session := r.object("session_kwargs").values
	r.takeHost()
	r.takeRole()
	r.takeExternalID()
	for _, name := range []string{"region_name", "profile_name"} {
		if !r.given(name) && session[name] != nil {
			r.warnDropped("session_kwargs."+name, name)
			r.values[name] = session[name]
			delete(session, name)
			r.values["session_kwargs"], _ = json.Marshal(session)
		}
	}
	r.refuseKeyFile(session)
}

// warnDropped warns of a kwarg that only an old provider reads.
func (r reader) warnDropped(name, meant string) {
	r.warnings = append(r.warnings, Warning{Kwarg: name, Rule: "dropped", Meant: meant,
		Text: name + " does nothing from provider 9.0 on; write " + meant + " before you upgrade"})
}

// takeHost makes host the endpoint. host takes precedence over endpoint_url.
func (r reader) takeHost() {
	if falsy(r.any("host")) {
		return
	}
	r.warnDropped("host", "endpoint_url")
	if _, isText := r.any("host").(string); !isText {
		r.refuseType("host", "a string")
		return
	}
	r.checkURL("host")
	r.values["endpoint_url"] = r.values["host"]
	delete(r.values, "host")
}

// takeRole makes role_arn from an account and a role, unless it is set.
func (r reader) takeRole() {
	if !falsy(r.any("role_arn")) || falsy(r.any("aws_account_id")) || falsy(r.any("aws_iam_role")) {
		return
	}
	account, isText := r.any("aws_account_id").(string)
	if digits := string(r.values["aws_account_id"]); !isText && strings.Trim(digits, "0123456789") == "" {
		account, isText = digits, true
	}
	if !isText {
		r.refuseType("aws_account_id", "a string of digits")
	}
	role, isText := r.any("aws_iam_role").(string)
	if !isText {
		r.refuseType("aws_iam_role", "a string")
	}
	r.warnDropped("aws_account_id", "role_arn")
	r.warnDropped("aws_iam_role", "role_arn")
	r.values["role_arn"], _ = json.Marshal("arn:aws:iam::" + account + ":role/" + role)
	delete(r.values, "aws_account_id")
	delete(r.values, "aws_iam_role")
}

// takeExternalID sets the external ID of the role, unless assume_role_kwargs has one.
func (r reader) takeExternalID() {
	if falsy(r.any("external_id")) {
		return
	}
	if falsy(r.any("role_arn")) {
		r.warn("external_id", "needs-role", "external_id does nothing without role_arn")
		delete(r.values, "external_id")
		return
	}
	params := r.object("assume_role_kwargs").values
	if params["ExternalId"] != nil {
		return
	}
	r.warnDropped("external_id", "assume_role_kwargs.ExternalId")
	if _, isText := r.any("external_id").(string); !isText {
		r.refuseType("external_id", "a string")
		return
	}
	if params == nil {
		params = object{}
	}
	params["ExternalId"] = r.values["external_id"]
	r.values["assume_role_kwargs"], _ = json.Marshal(params)
	delete(r.values, "external_id")
}

// refuseKeyFile refuses s3_config_file if an old provider would use its keys.
func (r reader) refuseKeyFile(session object) {
	pair := func(values object) bool {
		keys := reader{values: values, notes: r.notes}
		return !falsy(keys.any("aws_access_key_id")) && !falsy(keys.any("aws_secret_access_key"))
	}
	if falsy(r.any("s3_config_file")) || pair(r.values) || pair(session) {
		return
	}
	r.refuse("s3_config_file", "unsupported", "s3_config_file is not supported, since files of keys are not read here", "write profile_name, or the keys themselves")
}

// urlEncoded reports whether the values of JSON secrets are URL-encoded. Any value that Python
// treats as true turns this on, even "false".
func (r reader) urlEncoded() bool {
	const name = "are_secret_values_urlencoded"
	if !r.by.dropped || !r.given(name) {
		return false
	}
	value := r.any(name)
	if _, isBool := value.(bool); !isBool && value != nil {
		r.warn(name, "not-boolean", "%s is %s, which Airflow treats as %t; write true or false", name, typeOf(r.values[name]), !falsy(value))
	}
	if delete(r.values, name); falsy(value) {
		return false
	}
	r.warnings = append(r.warnings, Warning{Kwarg: name, Rule: "dropped",
		Text: name + " does nothing from provider 9.0 on: store the values of JSON secrets unencoded before you upgrade"})
	return true
}
