package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// testSource looks up in a server.
func testSource(t *testing.T, srv *secretsmanagertest.Server, conn, secret string) source {
	t.Helper()
	b, err := backend.New(srv.Client(), backend.Config{})
	require.NoError(t, err)
	return source{backend: b, conn: conn, secret: secret}
}

// noPassword fails the test when an output has a password in any of its forms.
func noPassword(t *testing.T, out string, passwords ...string) {
	t.Helper()
	for _, password := range passwords {
		require.NotEmpty(t, password)
		for _, form := range []string{password, password[:8], url.QueryEscape(password), base64.StdEncoding.EncodeToString([]byte(password))} {
			assert.False(t, strings.Contains(out, form), "a password is printed")
		}
	}
}

// One mailer sends before and after the rotation, from both forms of the secret.
func TestRotation(t *testing.T) {
	for name, from := range map[string]struct{ conn, secret string }{
		"Airflow connection": {conn: "smtp_default"},
		"bare secret":        {secret: bareSecret},
	} {
		t.Run(name, func(t *testing.T) {
			local, err := startSandbox()
			require.NoError(t, err)
			defer local.close()
			before := local.mail.password

			var out bytes.Buffer
			m := mailer{from: testSource(t, local.secrets, from.conn, from.secret), to: "you@example.com", out: &out, roots: local.roots}
			old, err := m.from.login(t.Context())
			require.NoError(t, err)
			require.NoError(t, local.demonstrate(t.Context(), local.secrets.Client(), m))

			mails := local.mail.mails()
			require.Len(t, mails, 2)
			for i, want := range []received{
				{user: "reports@example.com", text: "Before the rotation"},
				{user: "reports-2@example.com", text: "After the rotation"},
			} {
				got := mails[i]
				assert.Equal(t, want.user, got.user, "authenticated")
				assert.Equal(t, want.user, got.from, "from the username")
				assert.Equal(t, "you@example.com", got.to)
				assert.True(t, got.tls)
				assert.True(t, strings.HasPrefix(got.text, want.text+"\n"))
				assert.Contains(t, out.String(), "logged in as "+want.user)
			}
			assert.NotEqual(t, before, local.mail.password)
			noPassword(t, out.String(), before, local.mail.password)

			err = m.deliver(t.Context(), old, "With the old login")
			require.ErrorContains(t, err, "535", "the old login is refused")
			noPassword(t, err.Error(), before)
			assert.Len(t, local.mail.mails(), 2)
		})
	}
}

func TestRunByItself(t *testing.T) {
	for _, args := range [][]string{nil, {"-secret", bareSecret}, {"-to", "Them <them@example.com>"}} {
		var out, complaints bytes.Buffer
		require.NoError(t, run(t.Context(), args, &out, &complaints))
		assert.Equal(t, 2, strings.Count(out.String(), "logged in as"))
		assert.Empty(t, complaints.String())
	}
}

// What security is wanted is also what happens, against real servers.
func TestDelivery(t *testing.T) {
	local, err := startSandbox()
	require.NoError(t, err)
	defer local.close()
	serve := func(on string, implicit bool) (port int) {
		listener, err := net.Listen("tcp", on)
		if err != nil {
			return 0
		}
		port = listener.Addr().(*net.TCPAddr).Port
		server := smtp.NewServer(local.mail.server.Backend)
		server.ErrorLog = log.New(io.Discard, "", 0)
		if implicit {
			listener = tls.NewListener(listener, local.mail.server.TLSConfig)
		} else {
			server.AllowInsecureAuth = true
		}
		done := make(chan struct{})
		go func() { defer close(done); _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close(); _ = listener.Close(); <-done })
		return port
	}
	_, starts := local.mail.address()
	never, implicit := serve("127.0.0.1:0", false), serve("127.0.0.1:0", true)
	never6, implicit6 := serve("[::1]:0", false), serve("[::1]:0", true)

	for _, row := range []struct {
		name     string
		host     string // "" is 127.0.0.1
		port     int    // 0 where the machine has no IPv6
		security security
		trusted  bool
		skip     bool
		user     string
		wrong    string // "" where the mail arrives
		tls      bool
	}{
		{name: "STARTTLS", port: starts, security: startTLS, trusted: true, tls: true},
		{name: "STARTTLS that is not offered", port: never, security: startTLS, trusted: true, wrong: "STARTTLS"},
		{name: "STARTTLS by a stranger", port: starts, security: startTLS, wrong: "certificate"},
		{name: "STARTTLS by a stranger, ssl_context none", port: starts, security: startTLS, skip: true, tls: true},
		{name: "loopback with STARTTLS", port: starts, security: maybeTLS, trusted: true, tls: true},
		{name: "loopback without", port: never, security: maybeTLS, trusted: true},
		{name: "TLS from the start", port: implicit, security: implicitTLS, trusted: true, tls: true},
		{name: "TLS from the start by a stranger", port: implicit, security: implicitTLS, wrong: "certificate"},
		{name: "TLS from the start that is not there", port: never, security: implicitTLS, trusted: true, wrong: "tls"},
		{name: "loopback by name", host: "localhost", port: starts, security: maybeTLS, trusted: true, tls: true},
		{name: "IPv6", host: "::1", port: never6, security: maybeTLS},
		{name: "IPv6 with TLS", host: "::1", port: implicit6, security: implicitTLS, trusted: true, tls: true},
		{name: "plain", port: never, security: plain},
		{name: "plain where TLS is asked for", port: starts, security: plain, wrong: "AUTH"},
		{name: "another user", port: starts, security: startTLS, trusted: true, user: "else@example.com", wrong: "535"},
		{name: "a user that is no address", port: starts, security: startTLS, trusted: true, user: "AKIDUSER", wrong: "set from_email"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.port == 0 {
				t.Skip("no IPv6 here")
			}
			l := login{
				host: cmp.Or(row.host, "127.0.0.1"), port: row.port, user: "reports@example.com", password: connuri.NewSecret(local.mail.password),
				security: row.security, skipVerify: row.skip, connectTimeout: time.Minute,
			}
			l.user = cmp.Or(row.user, l.user)
			l.from = l.user
			m := mailer{to: "you@example.com", out: io.Discard}
			if row.trusted {
				m.roots = local.roots
			}
			had := len(local.mail.mails())
			err := m.deliver(t.Context(), l, "x")
			if row.wrong != "" {
				require.ErrorContains(t, err, row.wrong)
				noPassword(t, err.Error(), local.mail.password)
				assert.NotContains(t, err.Error(), "AKIDUSER")
				assert.Len(t, local.mail.mails(), had)
				return
			}
			require.NoError(t, err)
			mails := local.mail.mails()
			require.Len(t, mails, had+1)
			assert.Equal(t, row.tls, mails[had].tls)
			assert.Equal(t, l.user, mails[had].user)
		})
	}
}

func TestLogin(t *testing.T) {
	for _, row := range []struct {
		text     string
		security security
		port     int
		from     string
		wrong    string
	}{
		{text: "smtp://u%40x:p@mail.example.com:465", security: implicitTLS, port: 465, from: "u@x"},
		{text: "smtp://u:p@mail.example.com", security: implicitTLS, port: 465, from: "u"},
		{text: "smtp://u:p@mail.example.com:587", security: startTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:25", security: startTLS, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_ssl=true", security: startTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:465?disable_ssl=true", security: startTLS, port: 465, from: "u"},
		{text: "smtp://u:p@mail.example.com?disable_ssl=True", security: startTLS, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=true", security: implicitTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=true&disable_ssl=true", security: plain, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com?disable_tls=true&disable_ssl=true", security: plain, port: 25, from: "u"},
		{text: "smtp://u:p@mail.example.com:587?disable_tls=false&disable_ssl=true", security: startTLS, port: 587, from: "u"},
		{text: "smtp://u:p@mail.example.com:465?disable_tls=false&disable_ssl=False", security: implicitTLS, port: 465, from: "u"},
		{text: "smtp://u:p@127.0.0.1:1025", security: maybeTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@localhost:1025?disable_ssl=true", security: maybeTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@[::1]:1025", security: maybeTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@127.0.0.1:465", security: implicitTLS, port: 465, from: "u"},
		{text: "smtp://u:p@localhost.example.com:1025", security: startTLS, port: 1025, from: "u"},
		{text: "smtp://u:p@127.0.0.1.example.com:1025", security: startTLS, port: 1025, from: "u"},
		{text: `{"conn_type": "smtp", "login": "u", "password": "p", "host": "h", "port": 587, "extra": {"from_email": "Us <us@x>", "disable_ssl": true, "disable_tls": true}}`, security: plain, port: 587, from: "Us <us@x>"},
		{text: `{"conn_type": "smtp", "login": "u", "host": "h", "extra": {"disable_tls": "hunter2"}}`, wrong: "disable_tls"},
		{text: `{"conn_type": "smtp", "login": "u", "host": "h", "extra": "hunter2"}`, wrong: "extra"},
		{text: "smtp://u:p@h?ssl_context=hunter2", wrong: "ssl_context"},
		{text: "smtp://u:p@:587", wrong: "names no host"},
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
		assert.Equal(t, []any{row.security, row.port, row.from}, []any{l.security, l.port, l.from}, row.text)
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
		assert.Equal(t, "h u p", strings.Join([]string{l.host, l.user, l.password.Reveal()}, " "))
	}
	for name, want := range map[string]string{
		"text": `secret "text": names no host`, "blank": `secret "blank"`, "gone": "no such secret",
		"no_host": `secret "no_host": names no host`, "odd_port": `secret "odd_port": connuri: port`,
	} {
		_, err := testSource(t, srv, "", name).login(t.Context())
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}
}

// build makes a program of a package in a module.
func build(t *testing.T, module, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program.exe")
	out, err := exec.Command("go", "build", "-C", module, "-o", program, pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// awkward are passwords that a shell would like to have its way with.
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
			var out bytes.Buffer
			err := run(t.Context(), append([]string{"-endpoint", srv.URL()}, args...), &out, &out)
			require.ErrorContains(t, err, variable+" would hold a NUL")
			assert.NotContains(t, err.Error(), "hunter")
			assert.Empty(t, out.String())
		}
	}
}

func TestExitCodes(t *testing.T) {
	program := build(t, ".", ".")
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"-exec sh -c exit\t7", 7, ""},
		{"-exec no-such-command", 1, "no-such-command"},
		{"-exec", 2, "wants a command"},
		{"-env -exec true", 2, "wants a command"},
		{"send", 2, "wants a command"},
		{"-what", 2, "usage: smtp"},
		{"-h", 0, "usage: smtp"},
		{"-conn airflow/connections/smtp_default", 1, `ask for "smtp_default"`},
		{"-to nobody", 1, "to: "},
	} {
		args := strings.Fields(strings.ReplaceAll(row.args, "\t", "\x00"))
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "\x00", " ")
		}
		cmd := exec.Command(program, args...)
		out, _ := cmd.CombinedOutput()
		assert.Equal(t, row.code, cmd.ProcessState.ExitCode(), row.args)
		assert.Contains(t, string(out), row.want)
	}
}

// The whole thing as three programs: localsecrets, a mail server, and this one.
func TestWithLocalsecrets(t *testing.T) {
	mail, _, err := startMailServer()
	require.NoError(t, err)
	defer mail.close()
	mail.accept("reports@example.com", "p@ss")
	_, port := mail.address()
	c := connuri.Connection{Type: "smtp", Host: "127.0.0.1", Port: port, Login: "reports@example.com", Password: connuri.NewSecret("p@ss")}
	c.Extra, err = connuri.NewExtra(map[string]any{"from_email": "noreply@example.com", "ssl_context": "none"})
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

	var out bytes.Buffer
	require.NoError(t, run(ctx, []string{"-endpoint", strings.TrimSpace(line)}, &out, &out))
	require.Len(t, mail.mails(), 1)
	assert.Equal(t, "noreply@example.com", mail.mails()[0].from)
	assert.Equal(t, "reports@example.com", mail.mails()[0].user)
	assert.NotContains(t, out.String(), "p@ss")

	require.NoError(t, stdin.Close())
	require.NoError(t, local.Wait())
}
