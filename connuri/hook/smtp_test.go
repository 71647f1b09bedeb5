package hook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var smtpTest = hookTest{
	name:   "smtp",
	leaves: 3897,
	read: func(c connuri.Connection) (object, error) {
		config, err := hook.SMTP(c)
		return smtpObject(config), err
	},
	fails: func(result object) string {
		if result["error"] != nil {
			return "the hook"
		}
		return ""
	},
	refused: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		calls, _ := result["calls"].([]any)
		seconds, isNumber := kwargs["timeout"].(json.Number)
		switch {
		case result["client"] == nil:
			return "retry_limit below 0"
		case result["client"] == "SMTP_SSL" && len(calls) > 0 && calls[0].([]any)[0] == "starttls":
			return "TLS from the start and STARTTLS over it"
		case isNumber && (seconds == "0" || seconds[0] == '-'):
			return "timeout 0 or below"
		}
		return ""
	},
	notCompared: []string{"auth_type"}, // its effect is in calls
	want: func(result object) object {
		kwargs, ok := result["kwargs"].(object)
		if ok && kwargs["port"] == nil {
			kwargs["port"] = map[any]int{"SMTP_SSL": 465, "SMTP": 25}[result["client"]]
		}
		return result
	},
	choices: []hookChoice{loginTrue},
}

// smtpObject is the settings in the form of a row.
func smtpObject(config hook.SMTPConfig) object {
	got := object{
		"from_email": config.FromEmail, "subject_template": config.SubjectTemplate,
		"html_content_template": config.HTMLContentTemplate, "retry_limit": config.RetryLimit,
	}
	if config.RetryLimit < 0 {
		return got // it connects to nothing
	}
	var verify any
	if config.TLS.Mode == hook.TLSVerifyFull && config.TLS.ServerName == config.Host {
		verify = "default"
	}
	kwargs := object{"host": config.Host, "port": config.Port, "timeout": int(config.Timeout.Seconds())}
	got["kwargs"], got["client"] = kwargs, "SMTP"
	if config.Mode == hook.SMTPImplicitTLS {
		got["client"], kwargs["context"] = "SMTP_SSL", verify
	}
	var calls []any
	if config.Mode == hook.SMTPStartTLS || config.StartTLSToo {
		calls = append(calls, []any{"starttls", verify}, []any{"ehlo"})
	}
	if config.User != "" {
		calls = append(calls, []any{"login", config.User, config.Password.Reveal()})
	}
	if x := config.XOAUTH2; x != nil {
		token := x.AccessToken.Reveal()
		if x.AccessToken.IsZero() {
			token = "<token>"
			got["oauth2"] = object{
				"client_id": x.ClientID, "client_credential": x.ClientSecret.Reveal(), "authority": x.Authority, "scopes": []any{x.Scope},
			}
		}
		calls = append(calls, []any{"auth", "XOAUTH2", "user=" + x.User + "\x01auth=Bearer " + token + "\x01\x01"})
	}
	got["calls"] = calls
	return got
}

// smtpWith is a connection with an extra.
func smtpWith(extra string) connuri.Connection {
	return connuri.Connection{
		Type: "smtp", Host: "mail.example.com", Login: "app", Password: connuri.NewSecret("s3cr3t"), Extra: connuri.RawExtra(extra),
	}
}

func TestSMTPModes(t *testing.T) {
	for _, test := range []struct {
		extra string
		mode  hook.SMTPMode
		tls   hook.TLSMode
		port  int
		text  string
	}{
		{`{"disable_tls": true}`, hook.SMTPImplicitTLS, hook.TLSVerifyFull, 465, "implicit-tls"},
		{`{"disable_tls": "false"}`, hook.SMTPImplicitTLS, hook.TLSVerifyFull, 465, "implicit-tls"},
		{`{"disable_tls": true, "ssl_context": "none"}`, hook.SMTPImplicitTLS, hook.TLSUnverified, 465, "implicit-tls"},
		{`{"disable_ssl": "false"}`, hook.SMTPStartTLS, hook.TLSVerifyFull, 25, "starttls"},
		{`{"disable_ssl": 1, "disable_tls": 0, "ssl_context": "none"}`, hook.SMTPStartTLS, hook.TLSUnverified, 25, "starttls"},
		{`{"disable_ssl": true, "disable_tls": true, "ssl_context": "custom"}`, hook.SMTPPlain, hook.TLSOff, 25, "plain"},
	} {
		config, err := hook.SMTP(smtpWith(test.extra))
		require.NoError(t, err, test.extra)
		assert.Equal(t, test.mode, config.Mode, test.extra)
		assert.Equal(t, test.text, config.Mode.String())
		assert.Equal(t, test.tls, config.TLS.Mode, test.extra)
		assert.Equal(t, test.port, config.Port, test.extra)
		if test.tls != hook.TLSOff {
			assert.Equal(t, "mail.example.com", config.TLS.ServerName)
		}
		made, err := config.TLS.Config(nil)
		require.NoError(t, err)
		assert.Equal(t, test.tls == hook.TLSOff, made == nil)
	}
	assert.Equal(t, "unknown", hook.SMTPMode(9).String())
}

func TestSMTPErrors(t *testing.T) {
	for _, test := range []struct {
		extra, field, key string
		unsupported       bool
	}{
		{`[]`, "extra", "", false},
		{`{}`, "extra", "disable_tls", true},
		{`{"disable_tls": true, "ssl_context": ""}`, "extra", "ssl_context", false},
		{`{"disable_ssl": true, "ssl_context": true}`, "extra", "ssl_context", false},
		{`{"disable_ssl": true, "timeout": null}`, "extra", "timeout", false},
		{`{"disable_ssl": true, "timeout": "1.5"}`, "extra", "timeout", false},
		{`{"disable_ssl": true, "timeout": NaN}`, "extra", "timeout", false},
		{`{"disable_ssl": true, "timeout": []}`, "extra", "timeout", false},
		{`{"disable_ssl": true, "timeout": false}`, "extra", "timeout", true},
		{`{"disable_ssl": true, "timeout": 0.9}`, "extra", "timeout", true},
		{`{"disable_ssl": true, "timeout": "-3"}`, "extra", "timeout", true},
		{`{"disable_ssl": true, "retry_limit": null}`, "extra", "retry_limit", false},
		{`{"disable_ssl": true, "retry_limit": "x"}`, "extra", "retry_limit", false},
		{`{"disable_ssl": true, "retry_limit": -1}`, "extra", "retry_limit", true},
		{`{"retry_limit": -1, "timeout": "x", "ssl_context": "x"}`, "extra", "retry_limit", true},
		{`{"disable_ssl": true, "retry_limit": -1e300}`, "extra", "retry_limit", true},
		{`{"disable_ssl": true, "auth_type": "oauth2"}`, "extra", "access_token", false},
		{`{"disable_ssl": true, "auth_type": "oauth2", "client_id": "id"}`, "extra", "access_token", false},
		{`{"disable_ssl": true, "auth_type": "oauth2", "access_token": 5}`, "extra", "access_token", false},
		{`{"disable_ssl": true, "auth_type": "oauth2", "client_id": 5, "client_secret": "s"}`, "extra", "client_id", false},
		{`{"disable_ssl": true, "auth_type": "oauth2", "client_id": "id", "client_secret": ["s"]}`, "extra", "client_secret", false},
		{`{"disable_ssl": true, "auth_type": "oauth2", "client_id": "id", "client_secret": "s", "scope": null}`, "extra", "scope", false},
	} {
		config, err := hook.SMTP(smtpWith(test.extra))
		e, ours := errors.AsType[*hook.Error](err)
		if assert.True(t, ours, test.extra) {
			assert.Equal(t, hook.Error{Type: "smtp", Field: test.field, Key: test.key},
				hook.Error{Type: e.Type, Field: e.Field, Key: e.Key}, "%s: %v", test.extra, err)
			assert.Equal(t, test.unsupported, errors.Is(err, hook.ErrUnsupported), test.extra)
		}
		if test.unsupported {
			assert.Equal(t, "mail.example.com", config.Host)
			assert.NotZero(t, config.Port)
		}
	}
	c := smtpWith(`{"disable_ssl": true, "auth_type": "oauth2", "access_token": "t"}`)
	c.Login = ""
	_, err := hook.SMTP(c)
	assert.ErrorContains(t, err, "smtp connection: login: ")
	_, err = hook.SMTP(connuri.Connection{Type: "http"})
	assert.ErrorContains(t, err, "smtp connection: conn_type: ")
}

func TestSMTPFields(t *testing.T) {
	read := func(c connuri.Connection) hook.SMTPConfig {
		t.Helper()
		config, err := hook.SMTP(c)
		require.NoError(t, err)
		return config
	}
	const oauth2 = `"disable_ssl": true, "auth_type": "oauth2", `
	config := read(smtpWith(`{` + oauth2 + `"access_token": "t0k3n", "client_id": "id"}`))
	assert.Equal(t, &hook.XOAUTH2Request{User: "app", AccessToken: connuri.NewSecret("t0k3n")}, config.XOAUTH2)
	assert.Empty(t, config.XOAUTH2.TokenURL())
	assert.Empty(t, config.User)
	assert.True(t, config.Password.IsZero())

	config = read(smtpWith(`{` + oauth2 + `"client_id": "id", "client_secret": "s", "tenant_id": "ten-1", "scope": "sc"}`))
	assert.Equal(t, &hook.XOAUTH2Request{
		User: "app", ClientID: "id", ClientSecret: connuri.NewSecret("s"), Authority: "https://login.microsoftonline.com/ten-1", Scope: "sc",
	}, config.XOAUTH2)
	assert.Equal(t, "https://login.microsoftonline.com/ten-1/oauth2/v2.0/token", config.XOAUTH2.TokenURL())

	c := smtpWith(`{` + oauth2 + `"access_token": "t0k3n", "from_email": "reports@example.com"}`)
	c.Login = ""
	assert.Equal(t, "reports@example.com", read(c).XOAUTH2.User)

	c = smtpWith(`{"disable_ssl": true, "timeout": 1e12, "retry_limit": 1e300, "from_email": 5}`)
	c.Password = connuri.NewSecret("")
	_, err := hook.SMTP(c)
	assert.NoError(t, err)
	config = read(c)
	assert.Empty(t, config.User, "no login without a password")
	assert.Positive(t, config.Timeout)
	assert.Positive(t, config.RetryLimit)
	assert.Equal(t, "5", config.FromEmail)
}

func TestSMTPAddr(t *testing.T) {
	for want, config := range map[string]hook.SMTPConfig{
		"":                       {Port: 25},
		"mail.example.com:587":   {Host: "mail.example.com", Port: 587},
		"[2001:db8::5]:465":      {Host: "2001:db8::5", Port: 465},
		"[mail.example.com:7]:1": {Host: "mail.example.com:7", Port: 1}, // a name with a colon, as to the hook
	} {
		assert.Equal(t, want, config.Addr())
	}
}

func ExampleSMTP() {
	c, err := connuri.ParseURI("smtp://app:s3cr3t@mail.example.com:587/?disable_ssl=true&from_email=reports%40example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	mail, err := hook.SMTP(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mail.Mode, mail.Addr(), mail.TLS.Mode, mail.User, mail.Password, mail.FromEmail, mail.Timeout)

	// Without disable_ssl the hook would send STARTTLS over TLS, whatever the port.
	_, err = hook.SMTP(connuri.Connection{Type: "smtp", Host: "mail.example.com", Port: 587})
	fmt.Println(errors.Is(err, hook.ErrUnsupported))
	// Output:
	// starttls mail.example.com:587 verify-full app [redacted] reports@example.com 30s
	// true
}

// FuzzSMTP reads random connections.
func FuzzSMTP(f *testing.F) {
	fuzzHook(f, "smtp", func(t *testing.T, c connuri.Connection) error {
		config, err := hook.SMTP(c)
		if err == nil {
			if (config.TLS.Mode == hook.TLSOff) != (config.Mode == hook.SMTPPlain) || config.StartTLSToo {
				t.Fatal("mode and TLS do not go together")
			}
			if config.Timeout <= 0 || config.Port == 0 || (config.Addr() == "") != (c.Host == "") {
				t.Fatal("not complete")
			}
		}
		return err
	})
}
