package setup_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

func TestParseKwargsWarns(t *testing.T) {
	for kwargs, want := range map[string][]string{
		`{}`:                              nil,
		`{"connection_prefix": "x"}`:      {"connection_prefix does nothing; did you mean connections_prefix?"},
		`{"conections_prefix": "x"}`:      {"conections_prefix does nothing; did you mean connections_prefix?"},
		`{"variable_lookup_patern": "x"}`: {"variable_lookup_patern does nothing; did you mean variables_lookup_pattern?"},
		`{"Sep": "x"}`:                    {"Sep does nothing; did you mean sep?"},
		`{"spe": "x"}`:                    {"spe does nothing; did you mean sep?"},
		`{"regoin_name": "x"}`:            {"regoin_name does nothing; did you mean region_name?"},
		`{"region": "x", "profile": "y"}`: {"profile does nothing; did you mean profile_name?", "region does nothing; did you mean region_name?"},
		`{"external_id": "x"}`:            {"external_id does nothing; it is ExternalId in assume_role_kwargs"},
		`{"foo": 1, "": 2, "1234": 3}`: {"(a name of 0 bytes) does nothing: the kwarg is unknown",
			"(a name of 4 bytes) does nothing: the kwarg is unknown", "foo does nothing: the kwarg is unknown"},
		`{"full_url_mode": true, "are_secret_values_urlencoded": false}`: {
			"are_secret_values_urlencoded no longer has an effect: the values of a JSON secret are used as they are",
			"full_url_mode no longer has an effect: whether a secret is a URI or JSON depends on its text"},
		`{"use_ssl": "false"}`:             {"use_ssl is a string, which Airflow treats as true; write true or false"},
		`{"use_ssl": 0}`:                   {"use_ssl is a number, which Airflow treats as false; write true or false"},
		`{"verify": "False"}`:              {"verify is a string, which Airflow treats as the path of a CA file; write true or false without quotes"},
		`{"verify": "/etc/ca.pem"}`:        nil,
		`{"foo": [NaN, -Infinity, "NaN"]}`: {"foo does nothing: the kwarg is unknown"},
		`{"use_ssl": NaN}`:                 {"use_ssl is a number, which Airflow treats as true; write true or false"},
		`{"connections_lookup_pattern": "(", "variables_lookup_pattern": "^(?!aws_default$).*$"}`: {
			"connections_lookup_pattern does not compile, so every lookup of a connection fails: missing ), unterminated subpattern at position 0"},
		`{"extra_conn_words": {"usr": ["u"]}}`: {"extra_conn_words names a field that a connection does not have, so every JSON secret fails: " +
			"the fields are conn_type, login, password, host, port, schema and extra"},
		`{"extra_conn_words": {"user": ["u"]}}`: nil,
		`{"assume_role_kwargs": {"Nope": 1}}`:   {"assume_role_kwargs does nothing without role_arn"},
		`{"session_kwargs": {"region_name": "x", "foo": 1}}`: {"session_kwargs.region_name does nothing; set region_name outside session_kwargs",
			"session_kwargs.foo does nothing: the kwarg is unknown"},
		`{"service_config": {"secretsmanager": {"endpoint_url": "http://h"}}}`: {"service_config does nothing, except for sts.endpoint_url; the endpoint of Secrets Manager is endpoint_url"},
		`{"service_config": {"sts": {"endpoint": "http://h"}}}`:                {"service_config.sts.endpoint does nothing; did you mean endpoint_url?"},
		`{"config_kwargs": {"connect_timeout": 3}}`: {"config_kwargs is not read: Airflow passes it only to its STS client; " +
			"use settings of the SDK, such as AWS_MAX_ATTEMPTS"},
	} {
		s, err := setup.ParseKwargs([]byte(kwargs))
		require.NoError(t, err, kwargs)
		assert.Equal(t, want, texts(s.Warnings), kwargs)
	}
}

// texts returns the warnings as they print.
func texts(warnings []setup.Warning) (all []string) {
	for _, w := range warnings {
		all = append(all, w.String())
	}
	return all
}

func TestParseKwargsRefuses(t *testing.T) {
	for kwargs, want := range map[string]string{
		`{"sep": null}`:                      "sep must be a string, and is null",
		`{"sep": 5}`:                         "sep must be a string, and is a number",
		`{"connections_prefix": false}`:      "connections_prefix must be a string, or null to disable lookups, and is false",
		`{"variables_prefix": ["a"]}`:        "variables_prefix must be a string, or null to disable lookups, and is a list",
		`{"config_lookup_pattern": 7}`:       "config_lookup_pattern must be a string, and is a number",
		`{"extra_conn_words": "{}"}`:         "extra_conn_words must be an object of lists, and is a string",
		`{"region_name": {}}`:                "region_name must be a string, and is an object",
		`{"region_name": ""}`:                "region_name is empty; leave it out instead",
		`{"region_name": 1e999}`:             "region_name must be a string, and is a number",
		`{"profile_name": ""}`:               "profile_name is empty; leave it out instead",
		`{"verify": ""}`:                     "verify is empty; leave it out instead",
		`{"verify": 1}`:                      "verify must be true, false or the path of a CA file, and is a number",
		`{"use_ssl": []}`:                    "use_ssl must be true or false, and is a list",
		`{"endpoint_url": "localhost:4566"}`: "endpoint_url must be a plain http or https URL without a login or a query",
		`{"aws_access_key_id": true}`:        "aws_access_key_id must be a string, and is true",
		`{"session_kwargs": "x"}`:            "session_kwargs must be an object, and is a string",
		`{"service_config": null}`:           "service_config must be an object, and is null",
		`{"service_config": {"sts": ["x"]}}`: "service_config.sts must be an object, and is a list",
		`{"role_arn": 1}`:                    "role_arn must be a string, and is a number",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_method": null}`:                "assume_role_method is null or empty; leave it out instead",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": "x"}`:                 "assume_role_kwargs must be an object, and is a string",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"ExternalID": "x"}}`: "assume_role_kwargs.ExternalID is not a parameter that is read here; write ExternalId",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"Nope": "x"}}`: "assume_role_kwargs.Nope is not a parameter that is read here; write RoleArn, RoleSessionName, " +
			"ExternalId, DurationSeconds, Policy, PolicyArns, Tags, TransitiveTagKeys, SourceIdentity, SerialNumber, TokenCode",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"DurationSeconds": "900"}}`: "assume_role_kwargs.DurationSeconds: it is not a whole number; write a number of seconds, without quotes",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"Tags": [{"Key": "a"}]}}`:   `assume_role_kwargs.Tags: it is not a list of tags; write [{"Key": …, "Value": …}]`,
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"PolicyArns": ["a"]}}`:      `assume_role_kwargs.PolicyArns: it is not a list of ARNs; write [{"arn": …}]`,
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"TransitiveTagKeys": 1}}`:   "assume_role_kwargs.TransitiveTagKeys: it is not a list of texts; write a list of the keys of Tags",
		`{"sep": NaN}`:       "sep must be a string, and is a number",
		`{"a": [NaN, 1NaN]}`: "not JSON at byte 13: a number is not one of JSON's; write plain digits, or put the value in double quotes",
		`NaN`:                "JSON, but not an object",
		`{"self": 1}`:        "self is not a kwarg, and Airflow fails with a TypeError; remove it",
		`[1]`:                "JSON, but not an object",
		`{"a": 1`:            "not JSON: it ends too soon; write the closing brace",
		`{"a": 1} # comment`: "not JSON at byte 9: text follows the end of the JSON; remove all that follows the last brace",
		`{'a': 1}`:           "not JSON at byte 1: JSON has double quotes, and this has single ones; write \" for each quote around a key or a text",
		`'{"a": 1}'`:         "not JSON at byte 0: JSON has double quotes, and this has single ones; write \" for each quote around a key or a text",
		`{"a": 1,}`:          "not JSON at byte 8: a comma stands before the closing brace; remove the comma before the closing brace",
		`{"a": True}`:        "not JSON at byte 6: JSON has true, false and null, in lower case; write true, false or null",
		`{"a": "\p"}`:        "not JSON at byte 8: a single backslash stands in a text; a backslash has to be written twice",
		"{\"a\": \"x\ny\"}":  "not JSON at byte 8: a raw line break stands in a text; write \\n for it",
		"\ufeff{}":           "not JSON at byte 0: it has a byte order mark; store it without the mark",
		"{}\ufeff":           "not JSON at byte 2: it has a byte order mark; store it without the mark",
		`{“a”: 1}`:           "not JSON at byte 1: it has typographic quotes; write the plain \" for each of them",
		`{"a": “x”}`:         "not JSON at byte 6: it has typographic quotes; write the plain \" for each of them",
		"{\u00a0\"a\": 1}":   "not JSON at byte 1: it has white space that JSON does not know; write a plain space for it, or remove it",
		`{"a": "\u12"}`:      "not JSON at byte 11: a backslash and u stand in a text without four hex digits after them; write four hex digits after the u, or the backslash twice",
		`{"a": "\u12x4"}`:    "not JSON at byte 11: a backslash and u stand in a text without four hex digits after them; write four hex digits after the u, or the backslash twice",
		`{"a": "x\`:          "not JSON: a single backslash stands in a text; a backslash has to be written twice",
		`{"a": -`:            "not JSON: a number is not one of JSON's; write plain digits, or put the value in double quotes",
		`-`:                  "not JSON: it is not a JSON object; write an object, with braces around its members",
		"{\"a\": \"\xff\"}":  "not UTF-8",
		" ":                  "not JSON: it ends too soon; write a JSON object",
	} {
		s, err := setup.ParseKwargs([]byte(kwargs))
		assert.EqualError(t, err, "setup: backend_kwargs: "+want, kwargs)
		assert.Zero(t, s, kwargs)
	}
}

func TestParseKwargsReads(t *testing.T) {
	for _, nothing := range []string{"", "null", "{}", "false", "0", "-0.0", `""`, "[]", " { }\n"} {
		s, err := setup.ParseKwargs([]byte(nothing))
		require.NoError(t, err, nothing)
		assert.Equal(t, setup.Settings{From: "backend_kwargs"}, s, nothing)
	}
	s, err := setup.ParseKwargs([]byte(`{
		"connections_prefix": "a/b", "variables_prefix": "", "config_prefix": null, "sep": "", "sep": "--",
		"extra_conn_words": {"login": ["nutzer"]},
		"region_name": "eu-west-1", "profile_name": "prof", "endpoint_url": "http://localhost:4566", "verify": false, "use_ssl": false,
		"api_version": "2017-10-17", "session_kwargs": {"aws_session_token": "t"}, "aws_access_key_id": "A", "aws_secret_access_key": "s",
		"service_config": {"sts": {"endpoint_url": "http://localhost:4577"}}
	}`))
	require.NoError(t, err)
	assert.Equal(t, lookup.Prefix("a/b"), s.Backend.ConnectionsPrefix)
	assert.Equal(t, lookup.NoPrefix, s.Backend.VariablesPrefix)
	assert.Equal(t, lookup.Disabled, s.Backend.ConfigPrefix)
	assert.Equal(t, lookup.Sep("--"), s.Backend.Sep, "the last of two counts")
	assert.Equal(t, connuri.ConnWords{"login": {"nutzer"}}, s.Backend.ExtraConnWords)
	assert.Equal(t, setup.AWS{PlainHTTP: true, APIVersion: "2017-10-17", AWSConfig: hook.AWSConfig{
		Region: "eu-west-1", Profile: "prof", EndpointURL: "http://localhost:4566", InsecureSkipVerify: true,
		AccessKeyID: connuri.NewSecret("A"), SecretAccessKey: connuri.NewSecret("s"), SessionToken: connuri.NewSecret("t"),
		ServiceEndpoints: map[string]string{"sts": "http://localhost:4577"},
		ServiceConfig:    connuri.RawExtra(`{"sts": {"endpoint_url": "http://localhost:4577"}}`),
	}}, s.AWS)
	assert.Empty(t, s.Warnings)
}

func FuzzParseKwargs(f *testing.F) {
	f.Add(`{"connections_prefix": "a", "role_arn": "arn:aws:iam::123456789012:role/r", "assume_role_kwargs": {"Tags": [{"Key": "a", "Value": "b"}]}}`)
	f.Add(`{"verify": "false", "use_ssl": 0, "extra_conn_words": {"user": "ab"}, "session_kwargs": {"x": 1}}`)
	f.Add(`{'a': 1}`)
	f.Add(`{"host": "h", "aws_account_id": 1, "aws_iam_role": "r", "external_id": "x", "session_kwargs": {"region_name": "r"}, "are_secret_values_urlencoded": "no"}`)
	f.Fuzz(func(t *testing.T, doc string) {
		for _, v := range []setup.Versions{{}, eight} {
			s, err := v.ParseKwargs([]byte(doc))
			if err != nil {
				assert.Zero(t, s)
				continue
			}
			again, err := v.ParseKwargs([]byte(doc))
			assert.NoError(t, err)
			assert.Equal(t, s, again)
		}
	})
}

// An unknown kwarg is shown only if it can be the name of an option.
func TestUnknownKwargIsShown(t *testing.T) {
	for _, name := range []string{"foo", "timeout", "cache_ttl", "max_retries", "conn_cache_size", "vault_url_path", "SourceIdentities"} {
		s, err := setup.ParseKwargs([]byte(`{"` + name + `": 1}`))
		require.NoError(t, err)
		require.Len(t, s.Warnings, 1, name)
		assert.Equal(t, name, s.Warnings[0].Kwarg)
	}
	for _, secret := range []string{
		"correcthorsebatterystaple", "SuperSecretPassword", "abcdefghijklmnop", "abcd-efgh-ijkl-mnop", "correct-horse-battery-staple", "correct_horse_battery_staple",
		"hunter_two_and_more", "Tr0ub4dor", "PASSWORD", "wJalrXUtnFEMIKMDENG", "key_wjalrxutnfemikmdeng", "my.pass.word", "key_abcdefghijklmnopqrstuvwxyz_abcdefghijklmno", "geheim wort",
	} {
		for _, doc := range []string{`{"` + secret + `": 1}`, `{"session_kwargs": {"` + secret + `": 1}}`} {
			s, err := setup.ParseKwargs([]byte(doc))
			require.NoError(t, err)
			require.Len(t, s.Warnings, 1)
			assert.NotContains(t, fmt.Sprintf("%+v", s.Warnings), secret)
			assert.Contains(t, s.Warnings[0].Text, "(a name of ")
		}
	}
}
