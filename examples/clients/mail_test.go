package main

import (
	"crypto/x509"
	"errors"
	"maps"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/examples/smtp/smtptest"
)

func TestMail(t *testing.T) {
	s, err := smtptest.New()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	known := systemsOwn(t)
	knownPort, err := known.Listen("127.0.0.1:0", smtptest.ImplicitTLS)
	require.NoError(t, err)
	known.Accept("app@example.com", password)
	s.Accept("app@example.com", password)
	s.AcceptToken("app@example.com", password)
	ports := map[smtptest.Mode]int{}
	for _, mode := range []smtptest.Mode{smtptest.StartTLS, smtptest.ImplicitTLS, smtptest.Plain} {
		ports[mode], err = s.Listen("127.0.0.1:0", mode)
		require.NoError(t, err)
	}
	implicit, starttls := map[string]any{"disable_tls": true}, map[string]any{"disable_ssl": true}
	with := func(extra map[string]any, more map[string]any) map[string]any {
		all := maps.Clone(extra)
		maps.Copy(all, more)
		return all
	}
	token := map[string]any{"auth_type": "oauth2", "access_token": password, "ssl_context": "none"}
	unverified := map[string]any{"ssl_context": "none"}
	c := connuri.Connection{Type: "smtp", Host: "127.0.0.1", Port: knownPort, Login: "app@example.com", Password: connuri.NewSecret(password)}
	c.Extra = connuri.RawExtra(`{"disable_tls": true, "from_email": "sender@example.com"}`)
	for form, c := range stored(t, c) {
		t.Run("CA of the system/"+form, func(t *testing.T) { require.NoError(t, sendMail(t, c)) })
	}
	for _, row := range []struct {
		name      string
		server    smtptest.Mode
		extra     map[string]any
		password  string // "": the right one
		mechanism string
		wrong     string
	}{
		{"implicit TLS", smtptest.ImplicitTLS, with(implicit, unverified), "", "PLAIN", ""},
		{"STARTTLS", smtptest.StartTLS, with(starttls, unverified), "", "PLAIN", ""},
		{"none", smtptest.Plain, with(implicit, starttls), "", "PLAIN", ""},
		{"XOAUTH2 over implicit TLS", smtptest.ImplicitTLS, with(implicit, token), "", "XOAUTH2", ""},
		{"XOAUTH2 over STARTTLS", smtptest.StartTLS, with(starttls, token), "", "XOAUTH2", ""},
		{"unknown CA", smtptest.ImplicitTLS, implicit, "", "", "certificate"},
		{"unknown CA, STARTTLS", smtptest.StartTLS, starttls, "", "", "certificate"},
		{"STARTTLS that is not offered", smtptest.Plain, starttls, "", "", "STARTTLS"},
		{"wrong password", smtptest.StartTLS, with(starttls, unverified), password + "x", "", "535"},
		{"wrong token", smtptest.StartTLS, with(starttls, with(token, map[string]any{"access_token": password + "x"})), "", "", "535"},
		{"a token to ask for", smtptest.StartTLS, with(starttls, map[string]any{"auth_type": "oauth2", "client_id": password, "client_secret": password, "tenant_id": password}), "", "", "does not fetch"},
		{"both kinds of TLS", smtptest.ImplicitTLS, map[string]any{}, "", "", "disable_tls to true"},
	} {
		c := connuri.Connection{Type: "smtp", Host: "127.0.0.1", Port: ports[row.server], Login: "app@example.com", Password: connuri.NewSecret(password)}
		if row.password != "" {
			c.Password = connuri.NewSecret(row.password)
		}
		row.extra["from_email"] = "sender@example.com"
		c.Extra, err = connuri.NewExtra(row.extra)
		require.NoError(t, err)
		for form, c := range stored(t, c) {
			t.Run(row.name+"/"+form, func(t *testing.T) {
				had := len(s.Mails())
				err := sendMail(t, c)
				if row.wrong != "" {
					require.ErrorContains(t, err, row.wrong)
					noSecret(t, err)
					assert.Len(t, s.Mails(), had)
					return
				}
				require.NoError(t, err)
				got := s.Mails()[had]
				assert.Equal(t, "app@example.com "+row.mechanism, got.User+" "+got.Mechanism)
				assert.Equal(t, "sender@example.com you@example.com", got.From+" "+got.To)
				assert.Equal(t, row.server != smtptest.Plain, got.TLS)
			})
		}
	}
}

// systemsOwn is a server whose certificate is signed by the only CA of the system in these tests,
// for connections that name no CA. Go reads the CAs of the system once, so TestMain makes it.
func systemsOwn(t *testing.T) *smtptest.Server {
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE counts on Linux")
	}
	t.Cleanup(trusted.Close)
	return trusted
}

var trusted *smtptest.Server

func trustOne() (err error) {
	if trusted, err = smtptest.New(); err != nil {
		return err
	}
	file, err := os.CreateTemp("", "airflowsecrets-ca-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	if _, err := file.Write(trusted.CA); err != nil {
		return err
	}
	if err := os.Setenv("SSL_CERT_FILE", file.Name()); err != nil {
		return err
	}
	_, err = x509.SystemCertPool() // reads them
	return err
}

func sendMail(t *testing.T, c connuri.Connection) error {
	client, err := openMail(c)
	if err != nil {
		return err
	}
	settings, err := hook.SMTP(c)
	require.NoError(t, err)
	message := mail.NewMsg()
	require.NoError(t, message.From(settings.FromEmail))
	require.NoError(t, message.To("you@example.com"))
	message.Subject("x")
	message.SetBodyString(mail.TypeTextPlain, "x")
	return client.DialAndSendWithContext(within(t), message)
}
