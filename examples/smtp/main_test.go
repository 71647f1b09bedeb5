package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/ptytest"
	"github.com/airflowsecrets/airflowsecrets/examples/smtp/smtptest"
)

func TestMain(m *testing.M) {
	ptytest.Main(main)
	if err := os.Setenv("COLUMNS", "500"); err != nil { // what is asserted stands on one line
		panic(err)
	}
	leaktest.Main(m)
}

// smtp runs the program in this process.
func smtp(ctx context.Context, args ...string) ptytest.Output {
	var stdout, stderr bytes.Buffer
	o, code, done := parse(args, &stdout, &stderr)
	if !done {
		code = o.run(ctx, &stdout, &stderr)
	}
	return ptytest.Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}
}

// testSource returns a source that looks up in a server.
func testSource(t *testing.T, srv *secretsmanagertest.Server, conn, secret string) source {
	t.Helper()
	b, err := backend.New(srv.Client(), backend.Config{})
	require.NoError(t, err)
	return source{backend: b, conn: conn, secret: secret}
}

// password returns the password that the mail server accepts.
func (s *sandbox) password(t *testing.T) string {
	t.Helper()
	l, err := testSource(t, s.secrets, "smtp_default", "").login(t.Context())
	require.NoError(t, err)
	return l.settings.Password.Reveal()
}

// noPassword fails the test if an output has a password in any of its forms.
func noPassword(t *testing.T, out string, passwords ...string) {
	t.Helper()
	for _, password := range passwords {
		require.NotEmpty(t, password)
		for _, form := range []string{password, password[:8], url.QueryEscape(password), base64.StdEncoding.EncodeToString([]byte(password))} {
			assert.False(t, strings.Contains(out, form), "a password is printed")
		}
	}
}

// TestRotation checks that one mailer sends before and after a rotation, from both forms of
// the secret.
func TestRotation(t *testing.T) {
	for name, from := range map[string]struct{ conn, secret string }{
		"Airflow connection": {conn: "smtp_default"},
		"bare secret":        {secret: bareSecret},
	} {
		t.Run(name, func(t *testing.T) {
			local, err := startSandbox()
			require.NoError(t, err)
			defer local.close()
			before := local.password(t)

			var out bytes.Buffer
			m := mailer{from: testSource(t, local.secrets, from.conn, from.secret), to: "you@example.com", out: &out, roots: local.mail.Roots}
			old, err := m.from.login(t.Context())
			require.NoError(t, err)
			require.NoError(t, local.demonstrate(t.Context(), local.secrets.Client(), m))

			mails := local.mail.Mails()
			require.Len(t, mails, 2)
			for i, want := range []smtptest.Mail{
				{User: "reports@example.com", Text: "Before the rotation"},
				{User: "reports-2@example.com", Text: "After the rotation"},
			} {
				got := mails[i]
				assert.Equal(t, want.User, got.User, "authenticated")
				assert.Equal(t, want.User, got.From, "from the username")
				assert.Equal(t, "you@example.com", got.To)
				assert.True(t, got.TLS)
				assert.True(t, strings.HasPrefix(got.Text, want.Text+"\n"))
				assert.Contains(t, out.String(), "logged in as "+want.User)
			}
			after := local.password(t)
			assert.NotEqual(t, before, after)
			noPassword(t, out.String(), before, after)

			err = m.deliver(t.Context(), old, "With the old login")
			require.ErrorContains(t, err, "535", "the old login is refused")
			noPassword(t, err.Error(), before)
			assert.Len(t, local.mail.Mails(), 2)
		})
	}
}

func TestRunByItself(t *testing.T) {
	for _, args := range [][]string{nil, {"-secret", bareSecret}, {"-to", "Them <them@example.com>"}} {
		out := smtp(t.Context(), args...)
		assert.Zero(t, out.Code)
		assert.Equal(t, 2, strings.Count(out.Stdout, "logged in as"))
		assert.Empty(t, out.Stderr)
	}
}

// TestDelivery checks against real servers that mail is sent as securely as the login asks.
func TestDelivery(t *testing.T) {
	local, err := startSandbox()
	require.NoError(t, err)
	defer local.close()
	password := local.password(t)
	serve := func(on string, mode smtptest.Mode) (port int) {
		port, _ = local.mail.Listen(on, mode)
		return port
	}
	starts := local.port
	never, implicit := serve("127.0.0.1:0", smtptest.Plain), serve("127.0.0.1:0", smtptest.ImplicitTLS)
	never6, implicit6 := serve("[::1]:0", smtptest.Plain), serve("[::1]:0", smtptest.ImplicitTLS)

	for _, row := range []struct {
		name    string
		host    string // "" is 127.0.0.1
		port    int    // 0 where the machine has no IPv6
		mode    hook.SMTPMode
		trusted bool
		skip    bool
		user    string
		wrong   string // "" where the mail arrives
		tls     bool
	}{
		{name: "STARTTLS", port: starts, mode: hook.SMTPStartTLS, trusted: true, tls: true},
		{name: "STARTTLS that is not offered", port: never, mode: hook.SMTPStartTLS, trusted: true, wrong: "STARTTLS"},
		{name: "STARTTLS by a stranger", port: starts, mode: hook.SMTPStartTLS, wrong: "certificate"},
		{name: "STARTTLS by a stranger, ssl_context none", port: starts, mode: hook.SMTPStartTLS, skip: true, tls: true},
		{name: "TLS from the start", port: implicit, mode: hook.SMTPImplicitTLS, trusted: true, tls: true},
		{name: "TLS from the start by a stranger", port: implicit, mode: hook.SMTPImplicitTLS, wrong: "certificate"},
		{name: "TLS from the start that is not there", port: never, mode: hook.SMTPImplicitTLS, trusted: true, wrong: "tls"},
		{name: "IPv6", host: "::1", port: never6, mode: hook.SMTPPlain},
		{name: "IPv6 with TLS", host: "::1", port: implicit6, mode: hook.SMTPImplicitTLS, trusted: true, tls: true},
		{name: "plain", port: never, mode: hook.SMTPPlain},
		{name: "plain where TLS is asked for", port: starts, mode: hook.SMTPPlain, wrong: "AUTH"},
		{name: "another user", port: starts, mode: hook.SMTPStartTLS, trusted: true, user: "else@example.com", wrong: "535"},
		{name: "a user that is not an address", port: starts, mode: hook.SMTPStartTLS, trusted: true, user: "AKIDUSER", wrong: "set from_email"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.port == 0 {
				t.Skip("no IPv6 here")
			}
			c := hook.SMTPConfig{
				Mode: row.mode, Host: cmp.Or(row.host, "127.0.0.1"), Port: row.port, User: cmp.Or(row.user, "reports@example.com"),
				Password: connuri.NewSecret(password), Timeout: time.Minute,
			}
			if row.mode != hook.SMTPPlain {
				c.TLS = hook.TLS{Mode: hook.TLSVerifyFull, ServerName: c.Host}
			}
			if row.skip {
				c.TLS.Mode = hook.TLSUnverified
			}
			l := login{from: c.User, settings: c}
			m := mailer{to: "you@example.com", out: io.Discard}
			if row.trusted {
				m.roots = local.mail.Roots
			}
			had := len(local.mail.Mails())
			err := m.deliver(t.Context(), l, "x")
			if row.wrong != "" {
				require.ErrorContains(t, err, row.wrong)
				noPassword(t, err.Error(), password)
				assert.NotContains(t, err.Error(), "AKIDUSER")
				assert.Len(t, local.mail.Mails(), had)
				return
			}
			require.NoError(t, err)
			mails := local.mail.Mails()
			require.Len(t, mails, had+1)
			assert.Equal(t, row.tls, mails[had].TLS)
			assert.Equal(t, l.from, mails[had].User)
		})
	}
}

func TestLogin(t *testing.T) {
	for _, row := range []struct {
		text  string
		mode  hook.SMTPMode
		port  int
		from  string
		wrong string
	}{
		{text: "smtp://u%40x:p@mail.example.com:465", mode: hook.SMTPImplicitTLS, port: 465, from: "u@x"},
		{text: "smtp://u:p@mail.example.com", mode: hook.SMTPImplicitTLS, port: 465, from: "u"},
		{text: "smtp://u:p@mail.example.com:587", mode: hook.SMTPStartTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:25", mode: hook.SMTPStartTLS, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_ssl=true", mode: hook.SMTPStartTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:465?disable_ssl=true", mode: hook.SMTPStartTLS, port: 465, from: "u"},
		{text: "smtp://u:p@mail.example.com?disable_ssl=True", mode: hook.SMTPStartTLS, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=true", mode: hook.SMTPImplicitTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=true&disable_ssl=true", mode: hook.SMTPPlain, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com?disable_tls=true&disable_ssl=true", mode: hook.SMTPPlain, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=false&disable_ssl=true", mode: hook.SMTPPlain, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:465?disable_tls=false&disable_ssl=False", mode: hook.SMTPPlain, port: 465, from: "u"},
		{text: "smtp://u:p@127.0.0.1:1025", mode: hook.SMTPStartTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@localhost:1025?disable_ssl=true", mode: hook.SMTPStartTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@[::1]:1025", mode: hook.SMTPStartTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@127.0.0.1:465", mode: hook.SMTPImplicitTLS, port: 465, from: "u"},
		{text: "smtp://u:p@localhost.example.com:1025", mode: hook.SMTPStartTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@127.0.0.1.example.com:1025", mode: hook.SMTPStartTLS, port: 1025, from: "u"},
		{text: `{"conn_type": "smtp", "login": "u", "password": "p", "host": "h", "port": 587, "extra": {"from_email": "Us <us@x>", "disable_ssl": true, "disable_tls": true}}`, mode: hook.SMTPPlain, port: 587, from: "Us <us@x>"},
		{text: `{"conn_type": "smtp", "login": "u", "host": "h", "extra": {"disable_tls": true, "timeout": "hunter2"}}`, wrong: "timeout"},
		{text: `{"conn_type": "smtp", "login": "u", "host": "h", "extra": "[\"hunter2\"]"}`, wrong: "extra"},
		{text: "smtp://u:p@h?ssl_context=hunter2", wrong: "ssl_context"},
		{text: "smtp://u:p@:587", wrong: "has no host"},
	} {
		c, err := connuri.Parse(row.text)
		require.NoError(t, err)
		l, err := newLogin(c)
		if row.wrong != "" {
			require.ErrorContains(t, err, row.wrong, row.text)
			assert.NotContains(t, err.Error(), "hunter2")
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []any{row.mode, row.port, row.from}, []any{l.settings.Mode, l.settings.Port, l.from}, row.text)
	}
}

func TestFindsBareSecrets(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	srv.Set("json", `{"server": "h", "user": "u", "pass": "p", "port": "465"}`)
	srv.Set("uri", "smtp://u:p@h:465")
	srv.Set("text", "hunter2")
	srv.Set("blank", " ")
	srv.Set("no_host", `{"username": "u", "password": "hunter2"}`)
	srv.Set("odd_port", `{"username": "u", "password": "hunter2", "host": "h", "port": "hunter2"}`)
	for _, name := range []string{"json", "uri"} {
		l, err := testSource(t, srv, "", name).login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "h u p", strings.Join([]string{l.settings.Host, l.settings.User, l.settings.Password.Reveal()}, " "))
	}
	for name, want := range map[string]string{
		"text": `secret "text": the connection has no host`, "blank": `secret "blank"`, "gone": "no such secret",
		"no_host": `secret "no_host": the connection has no host`, "odd_port": `secret "odd_port": connuri: port`,
	} {
		_, err := testSource(t, srv, "", name).login(t.Context())
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// build builds the program of a package in a module.
func build(t *testing.T, module, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program.exe")
	out, err := exec.Command("go", "build", "-C", module, "-o", program, pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// awkward are passwords with text that a shell expands or splits.
var awkward = []string{
	"simple", `'`, `''`, `"`, `'"'"'`, `$HOME ${HOME} $(echo x) $$`, "`echo x`", `\ \\ \n \' \"`, "!history! *? ~ #x ;&|<>()",
	"line\nline", "\nfirst", "last\n", "\n", "-n", "-e \\x41", "--", "%s%d", "tab\tcr\r", "é😀\u2028", " ", "a=b", "\x01\x7f",
	"-'\"$`\n\\both 'kinds' \"here\"\n",
}

func TestEnvInAShell(t *testing.T) {
	program := build(t, ".", ".")
	srv := secretsmanagertest.NewServer(t)
	for _, password := range awkward {
		c := connuri.Connection{Type: "smtp", Host: "mail.example.com", Port: 587, Login: "-u'ser\n", Password: connuri.NewSecret(password)}
		srv.Set(airflowSecret, c.URI())

		out, err := exec.Command("sh", "-c", `eval "$("$0" -endpoint "$1" -env)"; printf %s "$SMTP_PASSWORD"`, program, srv.URL()).CombinedOutput()
		require.NoError(t, err)
		assert.Equal(t, password, string(out), "eval")

		out, err = exec.Command(program, "-endpoint", srv.URL(), "-exec", "sh", "-c", `printf %s "$SMTP_PASSWORD"`).CombinedOutput()
		require.NoError(t, err)
		assert.Equal(t, password, string(out), "-exec")

		out, err = exec.Command("sh", "-c", `eval "$("$0" -endpoint "$1" -env)"; sh -c 'printf "%s|%s|%s" "$SMTP_HOST" "$SMTP_PORT" "$SMTP_USER"'`, program, srv.URL()).CombinedOutput()
		require.NoError(t, err)
		assert.Equal(t, "mail.example.com|587|-u'ser\n", string(out), "exported")
	}
}

func TestNULIsRefused(t *testing.T) {
	srv := secretsmanagertest.NewServer(t)
	for variable, text := range map[string]string{
		"SMTP_PASSWORD": "smtp://u:hunter%002@h", "SMTP_USER": "smtp://u%00:hunter2@h", "SMTP_HOST": "smtp://u:hunter2@h%00",
	} {
		srv.Set(airflowSecret, text)
		for _, args := range [][]string{{"-env"}, {"-exec", "true"}} {
			out := smtp(t.Context(), append([]string{"-endpoint", srv.URL()}, args...)...)
			assert.Equal(t, 1, out.Code)
			assert.Contains(t, out.Stderr, variable+" would hold a NUL")
			assert.NotContains(t, out.Stderr, "hunter")
			assert.Empty(t, out.Stdout)
		}
	}
}

// TestWithLocalsecrets runs localsecrets, a mail server and this program together.
func TestWithLocalsecrets(t *testing.T) {
	mail, err := smtptest.New()
	require.NoError(t, err)
	defer mail.Close()
	port, err := mail.Listen("127.0.0.1:0", smtptest.StartTLS)
	require.NoError(t, err)
	mail.Accept("reports@example.com", "p@ss")
	c := connuri.Connection{Type: "smtp", Host: "127.0.0.1", Port: port, Login: "reports@example.com", Password: connuri.NewSecret("p@ss")}
	c.Extra, err = connuri.NewExtra(map[string]any{"from_email": "noreply@example.com", "ssl_context": "none", "disable_ssl": true})
	require.NoError(t, err)
	export := filepath.Join(t.TempDir(), "connections.json")
	require.NoError(t, os.WriteFile(export, []byte(`{"smtp_default": `+c.JSON()+`}`), 0o600))

	program := build(t, "../..", "./examples/localsecrets")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	local := exec.CommandContext(ctx, program, "-seed", export)
	stdin, err := local.StdinPipe()
	require.NoError(t, err)
	stdout, err := local.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, local.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)

	out := smtp(ctx, "-endpoint", strings.TrimSpace(line))
	require.Zero(t, out.Code, out.Stderr)
	require.Len(t, mail.Mails(), 1)
	assert.Equal(t, "noreply@example.com", mail.Mails()[0].From)
	assert.Equal(t, "reports@example.com", mail.Mails()[0].User)
	assert.NotContains(t, out.Stdout, "p@ss")

	require.NoError(t, stdin.Close())
	require.NoError(t, local.Wait())
}
