package hook

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// SMTPMode says when TLS begins.
type SMTPMode uint8

// The modes of SMTP.
const (
	SMTPImplicitTLS SMTPMode = iota // TLS from the start
	SMTPStartTLS                    // STARTTLS, and an error if the server does not offer it
	SMTPPlain                       // no TLS
)

// String returns the name of the mode: implicit-tls, starttls or plain.
func (m SMTPMode) String() string {
	names := [...]string{"implicit-tls", "starttls", "plain"}
	if int(m) < len(names) {
		return names[m]
	}
	return "unknown"
}

// SMTPConfig holds the settings that SmtpHook gives to smtplib.
type SMTPConfig struct {
	// Mode comes from the extras disable_ssl and disable_tls, never from the port. TLS from the
	// start is the default, and disable_ssl turns it off.
	Mode SMTPMode
	// StartTLSToo reports that the hook also sends STARTTLS over TLS, because the extra
	// disable_tls is not set. No server offers that: it comes with ErrUnsupported only.
	StartTLSToo bool

	// Host is the host, "" if there is none. An IPv6 address is as in the connection, usually
	// without brackets; mail.NewClient of go-mail needs it in brackets, as in Addr.
	Host string
	Port int // port, 465 by default for SMTPImplicitTLS and 25 for the others
	TLS  TLS // how the server is verified: TLSVerifyFull, or TLSUnverified with the extra ssl_context=none; off for SMTPPlain

	User     string         // login; "": do not log in, as the hook does unless there are both a login and a password
	Password connuri.Secret // password

	XOAUTH2 *XOAUTH2Request // extra auth_type=oauth2: what to log in with in place of User and Password; nil otherwise

	FromEmail           string // extra from_email: the sender of messages; the hook does not fall back to the login
	SubjectTemplate     string // extra subject_template: path of a file
	HTMLContentTemplate string // extra html_content_template: path of a file

	Timeout    time.Duration // extra timeout in seconds, 30 s by default: how long to wait for the connection, and for each answer
	RetryLimit int           // extra retry_limit, 5 by default: how often to try again after the server hung up
}

// XOAUTH2Request is how to log in with XOAUTH2: as User, with AccessToken. If AccessToken is
// not set, request a token from TokenURL with the grant client_credentials, ClientID,
// ClientSecret and Scope. This package makes no request itself.
type XOAUTH2Request struct {
	User         string         // login, or the extra from_email without one
	AccessToken  connuri.Secret // extra access_token
	ClientID     string         // extra client_id
	ClientSecret connuri.Secret // extra client_secret
	Authority    string         // https://login.microsoftonline.com/ and the extra tenant_id, which is common by default
	Scope        string         // extra scope, https://outlook.office.com/.default by default
}

// TokenURL is where to request a token, "" if AccessToken is set.
func (x XOAUTH2Request) TokenURL() string {
	if x.Authority == "" {
		return ""
	}
	return strings.TrimSuffix(x.Authority, "/") + "/oauth2/v2.0/token"
}

// Addr returns host and port for net.Dial and similar functions, with an IPv6 address in brackets.
// It returns "", which they refuse, for a connection without a host.
func (c SMTPConfig) Addr() string {
	if c.Host == "" {
		return ""
	}
	return hostPort(c.Host, c.Port)
}

// SMTP reads a connection as SmtpHook (apache-airflow-providers-smtp) and smtplib do. A server on
// port 465 needs the extra disable_tls, one on port 587 disable_ssl, and one without TLS both. Both
// are read by Python's truth: the text "false" is true.
//
// The error is an *Error for what the hook refuses. It is ErrUnsupported, with the complete
// settings, if neither disable_ssl nor disable_tls is set, for a timeout of 0 or less, which
// smtplib refuses, and for a negative retry_limit, with which the hook never connects.
func SMTP(c connuri.Connection) (SMTPConfig, error) {
	return settled(smtpConfig(c))
}

func smtpConfig(c connuri.Connection) (SMTPConfig, error) {
	config := SMTPConfig{Host: c.Host, Port: c.Port}
	r, err := read("smtp", c)
	if err != nil {
		return config, err
	}
	if err := r.loginInHost(c.Host); err != nil {
		return config, err
	}
	config.FromEmail, config.SubjectTemplate = r.shown("from_email"), r.shown("subject_template")
	config.HTMLContentTemplate = r.shown("html_content_template")
	if config.RetryLimit, err = r.whole("retry_limit", 5); err != nil {
		return config, err
	}
	if config.RetryLimit < 0 {
		r.refuse("extra", "retry_limit", "it is negative, and then the hook does not connect at all", "write 0 or more")
	}
	if err := r.smtpConnect(&config); err != nil && config.RetryLimit >= 0 {
		return config, err // what the hook does not reach cannot fail
	}
	return config, r.end()
}

// smtpConnect is SmtpHook.get_conn.
func (r *reader) smtpConnect(config *SMTPConfig) error {
	if err := r.smtpTLS(config); err != nil {
		return err
	}
	seconds, err := r.whole("timeout", 30)
	if err != nil {
		return err
	}
	config.Timeout = time.Duration(min(max(seconds, -maxSeconds), maxSeconds)) * time.Second
	if seconds <= 0 {
		r.refuse("extra", "timeout", "it is not above 0, and smtplib refuses that", "write seconds above 0, or leave it out")
	}
	if auth, ok := r.get("auth_type"); ok && auth.Kind == pyjson.String && auth.Str() == "oauth2" {
		return r.xoauth2(config)
	}
	if r.c.Login != "" && r.c.Password.Reveal() != "" {
		config.User, config.Password = r.c.Login, r.c.Password
	}
	return nil
}

// smtpTLS decides when TLS begins, how the server is verified, and which port goes with that.
func (r *reader) smtpTLS(config *SMTPConfig) error {
	port := 25
	switch ssl, starttls := !r.truth("disable_ssl"), !r.truth("disable_tls"); {
	case ssl:
		config.Mode, port = SMTPImplicitTLS, 465
		if config.StartTLSToo = starttls; starttls {
			r.refuse("extra", "disable_tls", "without it the hook sends STARTTLS over TLS, which servers do not offer",
				"set disable_tls to true for TLS from the start (port 465), or disable_ssl to true for STARTTLS (port 587)")
		}
	case starttls:
		config.Mode = SMTPStartTLS
	default:
		config.Mode = SMTPPlain
	}
	if config.Port == 0 {
		config.Port = port
	}
	if config.Mode == SMTPPlain {
		return nil // ssl_context is not looked at
	}
	config.TLS = TLS{Mode: TLSVerifyFull, ServerName: r.c.Host}
	v, ok := r.get("ssl_context")
	switch text, _ := v.Text(); {
	case !ok, v.Kind == pyjson.String && text == "default":
	case v.Kind == pyjson.String && text == "none":
		config.TLS.Mode = TLSUnverified
	default:
		return r.bad("extra", "ssl_context", "the hook does not know this word", "write default or none, or leave it out")
	}
	return nil
}

// xoauth2 is SmtpHook._get_oauth2_token, which requests a token from Microsoft if none is given.
func (r *reader) xoauth2(config *SMTPConfig) error {
	request := &XOAUTH2Request{User: r.c.Login}
	if request.User == "" {
		if _, ok := r.get("from_email"); !ok {
			return r.bad("login", "", "there is none, nor a from_email, and auth_type is oauth2", "write the user into login")
		}
		request.User = config.FromEmail
	}
	config.XOAUTH2 = request
	if r.truth("access_token") {
		token, _, err := r.text("access_token")
		request.AccessToken = connuri.NewSecret(token)
		return err
	}
	if !r.truth("client_id") || !r.truth("client_secret") {
		return r.bad("extra", "access_token", "auth_type is oauth2, and there is neither this nor both client_id and client_secret", "write one or the other")
	}
	request.Authority = "https://login.microsoftonline.com/common"
	if tenant, ok := r.extra["tenant_id"]; ok {
		request.Authority = "https://login.microsoftonline.com/" + tenant.Str()
	}
	var secret string
	var given bool
	var err error
	if request.ClientID, _, err = r.text("client_id"); err != nil {
		return err
	}
	if secret, _, err = r.text("client_secret"); err != nil {
		return err
	}
	request.ClientSecret = connuri.NewSecret(secret)
	if request.Scope, given, err = r.text("scope"); err == nil && !given {
		if _, null := r.extra["scope"]; null {
			return r.bad("extra", "scope", "it is null", "leave it out, or write text")
		}
		request.Scope = "https://outlook.office.com/.default"
	}
	return err
}

// shown returns a key that the hook passes on as it is: text, or the text of a number.
func (r *reader) shown(key string) string {
	if v, ok := r.get(key); ok {
		return v.Str()
	}
	return ""
}

// whole is int(extra_dejson.get(key, without)): a null is an error.
func (r *reader) whole(key string, without int) (int, error) {
	v, ok := r.extra[key]
	if !ok {
		return without, nil
	}
	return r.wholeOf(key, v)
}

// wholeOf is int(v).
func (r *reader) wholeOf(key string, v pyjson.Value) (int, error) {
	n, err := int64(0), pystr.ErrNotInt
	switch v.Kind {
	case pyjson.True, pyjson.False:
		return map[pyjson.Kind]int{pyjson.True: 1}[v.Kind], nil
	case pyjson.Int, pyjson.String:
		n, err = pystr.Int(v.Str())
	case pyjson.Float:
		n, err = pystr.Trunc(v.Float())
	}
	if errors.Is(err, pystr.ErrRange) { // Python has an int for it
		n, err = math.MaxInt64, nil
		if strings.HasPrefix(pystr.Strip(v.Str()), "-") {
			n = math.MinInt64
		}
	}
	if err != nil {
		return 0, r.bad("extra", key, "it is not a number", "write a whole number, or leave it out")
	}
	return int(min(max(n, math.MinInt), math.MaxInt)), nil
}
