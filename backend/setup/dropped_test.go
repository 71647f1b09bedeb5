package setup_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
)

var eight = setup.Versions{Airflow: "2.10.1", Provider: "8.28.0"}

// What provider 9.0 dropped has an effect before 9.0 and none from then on.
func TestDroppedKwargs(t *testing.T) {
	for kwargs, want := range map[string]func(*setup.AWS){
		`{"host": "http://h:1"}`:                                                                       func(a *setup.AWS) { a.EndpointURL = "http://h:1" },
		`{"host": "http://h:1", "endpoint_url": "http://e"}`:                                           func(a *setup.AWS) { a.EndpointURL = "http://h:1" },
		`{"host": "", "endpoint_url": "http://e"}`:                                                     func(a *setup.AWS) { a.EndpointURL = "http://e" },
		`{"aws_account_id": "123456789012", "aws_iam_role": "p/r"}`:                                    func(a *setup.AWS) { a.Role.ARN = "arn:aws:iam::123456789012:role/p/r" },
		`{"aws_account_id": 123456789012, "aws_iam_role": "r"}`:                                        func(a *setup.AWS) { a.Role.ARN = "arn:aws:iam::123456789012:role/r" },
		`{"aws_account_id": "1", "aws_iam_role": "", "role_arn": 0}`:                                   nil,
		`{"aws_account_id": "1"}`:                                                                      func(*setup.AWS) {},
		`{"aws_iam_role": "r"}`:                                                                        func(*setup.AWS) {},
		`{"aws_account_id": "1", "aws_iam_role": "r", "role_arn": "arn:aws:iam::123456789012:role/q"}`: func(a *setup.AWS) { a.Role.ARN = "arn:aws:iam::123456789012:role/q" },
		`{"session_kwargs": {"region_name": "eu-north-1", "profile_name": "p"}}`:                       func(a *setup.AWS) { a.Region, a.Profile = "eu-north-1", "p" },
		`{"session_kwargs": {"region_name": "eu-north-1"}, "region_name": "eu-west-1"}`:                func(a *setup.AWS) { a.Region = "eu-west-1" },
		`{"session_kwargs": {"region_name": "eu-north-1"}, "region_name": null}`:                       func(*setup.AWS) {},
		`{"external_id": "xid"}`:                                                                       func(*setup.AWS) {},
		`{"s3_config_file": ""}`:                                                                       func(*setup.AWS) {},
	} {
		s, err := eight.ParseKwargs([]byte(kwargs))
		if want == nil {
			assert.Error(t, err, kwargs)
			continue
		}
		require.NoError(t, err, kwargs)
		var expected setup.AWS
		want(&expected)
		got := s.AWS
		assert.Equal(t, []string{expected.EndpointURL, expected.Role.ARN, expected.Region, expected.Profile},
			[]string{got.EndpointURL, got.Role.ARN, got.Region, got.Profile}, kwargs)
	}
	const role = `"role_arn": "arn:aws:iam::123456789012:role/r", `
	for kwargs, want := range map[string]string{
		role + `"external_id": "xid"`: "xid",
		role + `"external_id": "xid", "assume_role_kwargs": {"DurationSeconds": 900}`:         "xid",
		role + `"external_id": "xid", "assume_role_kwargs": {"ExternalId": "own"}`:            "own",
		role + `"external_id": "", "assume_role_kwargs": null`:                                "",
		`"aws_account_id": "123456789012", "aws_iam_role": "r", "external_id": "xid"`:         "xid",
		role + `"external_id": "xid", "assume_role_kwargs": ""`:                               "xid",
		role + `"external_id": "xid", "session_kwargs": {"aws_access_key_id": "AKIDSESSION"}`: "xid",
	} {
		s, err := eight.ParseKwargs([]byte("{" + kwargs + "}"))
		require.NoError(t, err, kwargs)
		assert.Equal(t, want, s.AWS.Role.ExternalID.Reveal(), kwargs)
		s, err = setup.ParseKwargs([]byte("{" + kwargs + "}"))
		require.NoError(t, err, kwargs)
		if want == "xid" {
			assert.True(t, s.AWS.Role.ExternalID.IsZero(), kwargs)
		}
	}
}

// Any value that Python treats as true turns the decoding on.
func TestURLEncodedSwitch(t *testing.T) {
	for value, want := range map[string]bool{
		"true": true, "1": true, `"false"`: true, `"no"`: true, "[0]": true, `{"a": 1}`: true, "NaN": true, "1e400": true,
		"null": false, "false": false, "0": false, "0.0": false, `""`: false, "[]": false, "{}": false,
	} {
		kwargs := []byte(`{"are_secret_values_urlencoded": ` + value + `}`)
		s, err := eight.ParseKwargs(kwargs)
		require.NoError(t, err, value)
		assert.Equal(t, want, s.Backend.URLEncoded, value)
		s, err = setup.Versions{Provider: "9.0.0"}.ParseKwargs(kwargs)
		require.NoError(t, err, value)
		assert.False(t, s.Backend.URLEncoded, value)
	}
	s, err := eight.ParseKwargs([]byte(`{"are_secret_values_urlencoded": "false"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"are_secret_values_urlencoded is a string, which Airflow treats as true; write true or false",
		"are_secret_values_urlencoded does nothing from provider 9.0 on: store the values of JSON secrets unencoded before you upgrade",
	}, texts(s.Warnings))
}

func TestDroppedWarns(t *testing.T) {
	s, err := eight.ParseKwargs([]byte(`{"host": "http://h", "aws_account_id": "123456789012", "aws_iam_role": "r", "external_id": "xid",
		"session_kwargs": {"region_name": "eu-north-1", "profile_name": "p"}, "full_url_mode": false, "s3_config_format": "aws"}`))
	require.NoError(t, err)
	meant := map[string]string{}
	for _, w := range s.Warnings {
		if w.Rule == "dropped" {
			meant[w.Kwarg] = w.Meant
		}
	}
	assert.Equal(t, map[string]string{
		"host": "endpoint_url", "aws_account_id": "role_arn", "aws_iam_role": "role_arn", "external_id": "assume_role_kwargs.ExternalId",
		"session_kwargs.region_name": "region_name", "session_kwargs.profile_name": "profile_name",
	}, meant)
	assert.Len(t, s.Warnings, 8, "full_url_mode and s3_config_format do nothing")
	s, err = eight.ParseKwargs([]byte(`{"external_id": "xid"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"external_id does nothing without role_arn"}, texts(s.Warnings))
}

func TestDroppedRefuses(t *testing.T) {
	for kwargs, want := range map[string]string{
		`{"host": 5}`:                                                        "host must be a string, and is a number",
		`{"host": "http://u:hunter2@h"}`:                                     "host must be a plain http or https URL without a login or a query",
		`{"aws_account_id": 1.5, "aws_iam_role": "r"}`:                       "aws_account_id must be a string of digits, and is a number",
		`{"aws_account_id": "1", "aws_iam_role": 7}`:                         "aws_iam_role must be a string, and is a number",
		`{"role_arn": "arn:aws:iam::123456789012:role/r", "external_id": 7}`: "external_id must be a string, and is a number",
		`{"session_kwargs": null}`:                                           "session_kwargs must be an object, and is null",
		`{"session_kwargs": {"region_name": ""}}`:                            "region_name is empty; leave it out instead",
		`{"s3_config_file": "/etc/boto.cfg"}`:                                "s3_config_file is not supported, since files of keys are not read here; write profile_name, or the keys themselves",
		`{"s3_config_file": "f", "aws_access_key_id": "AKID"}`:               "s3_config_file is not supported, since files of keys are not read here; write profile_name, or the keys themselves",
	} {
		_, err := eight.ParseKwargs([]byte(kwargs))
		assert.EqualError(t, err, "setup: backend_kwargs: "+want, kwargs)
		_, err = setup.ParseKwargs([]byte(kwargs))
		assert.NoError(t, err, "%s: nothing of it is read since 9.0", kwargs)
	}
	_, err := eight.ParseKwargs([]byte(`{"s3_config_file": "f", "session_kwargs": {"aws_access_key_id": "AKID", "aws_secret_access_key": "s"}}`))
	assert.NoError(t, err, "the keys take precedence over the file")
	_, err = eight.ParseKwargs([]byte(`{"session_kwargs": null, "region_name": "eu-west-1", "profile_name": null}`))
	assert.NoError(t, err, "no provider reads the file")
	s, err := eight.ParseKwargs([]byte(`{"role_arn": "arn:aws:iam::123456789012:role/r", "external_id": "e"}`))
	require.NoError(t, err)
	t.Setenv("AWS_REGION", "eu-west-1")
	_, err = s.Client(t.Context())
	assert.EqualError(t, err, "setup: assume_role_kwargs.ExternalId must be at least 2 characters")
}
