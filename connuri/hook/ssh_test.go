package hook_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// paramikoCiphers are what paramiko takes in ciphers.
var paramikoCiphers = strings.Fields("aes128-ctr aes192-ctr aes256-ctr aes128-cbc aes192-cbc aes256-cbc 3des-cbc aes128-gcm@openssh.com aes256-gcm@openssh.com")

var sshTest = hookTest{
	name: "ssh",
	read: func(c connuri.Connection) (object, error) {
		s, err := hook.SSH(c)
		user := s.User
		if user == "" {
			user = "localuser" // the process's user in all recordings
		}
		hosts := object{"unknown": "RejectPolicy", "system": s.ReadsKnownHosts()}
		switch {
		case s.NoHostKeyCheck:
			hosts["unknown"] = "AutoAddPolicy"
		case s.AcceptsUnknownHosts():
			hosts["unknown"] = "MissingHostKeyPolicy"
		}
		if s.HostKey != "" {
			name := s.Host
			if s.Port != 22 {
				name = fmt.Sprintf("[%s]:%d", s.Host, s.Port)
			}
			kind, _, _ := strings.Cut(s.HostKey, " ")
			hosts["added"] = []any{[]any{name, kind}}
		}
		var ciphers []any
		for _, name := range s.Ciphers {
			ciphers = append(ciphers, name)
		}
		return object{
			"remote_host": s.Host, "port": s.Port, "username": user, "password": s.Password.Reveal(), "key_file": s.KeyFile,
			"conn_timeout": seconds(s.ConnectTimeout), "cmd_timeout": seconds(s.CmdTimeout), "banner_timeout": seconds(s.BannerTimeout),
			"keepalive_interval": seconds(s.KeepaliveInterval), "no_host_key_check": s.NoHostKeyCheck, "allow_host_key_change": s.AllowHostKeyChange,
			"disabled_algorithms": extraObject(s.DisabledAlgorithms), "ciphers": ciphers,
			"pkey": publicKey(s.PublicKey), "host_key": publicKey(s.HostKey), "host_keys": hosts,
		}, err
	},
	fails: func(result object) string {
		ciphers, isList := result["ciphers"].([]any)
		isUnknown := func(name any) bool { text, _ := name.(string); return !slices.Contains(paramikoCiphers, text) }
		_, isPath := result["key_file"].(string)
		switch timeout := result["conn_timeout"]; {
		case result["error"] != nil:
			return "the hook"
		case isTrue(result["key_file"]) && !isPath:
			return "paramiko takes paths only" // a list of them too, which nobody writes
		case isTrue(result["ciphers"]) && !isList, slices.ContainsFunc(ciphers, isUnknown):
			return "paramiko takes a list of its ciphers only"
		case isTrue(result["disabled_algorithms"]) && !isObject(result["disabled_algorithms"]):
			return "paramiko takes an object of algorithms only"
		case timeout != nil && (!isTrue(timeout) || isNegative(timeout)), isNegative(result["cmd_timeout"]), isEndless(result["cmd_timeout"]):
			return "no socket takes this timeout"
		}
		return ""
	},
	refused: func(result object) string {
		ciphers, _ := result["ciphers"].([]any)
		inGo := func(name any) bool { return name != "aes192-cbc" && name != "aes256-cbc" }
		switch {
		case isTrue(result["disabled_algorithms"]):
			return "disabled_algorithms"
		case len(ciphers) > 0 && !slices.ContainsFunc(ciphers, inGo):
			return "ciphers that no Go client has"
		}
		return ""
	},
	refusedOf: func(c connuri.Connection) string {
		if cipher := lockedBy(c); cipher != "" && !strings.HasPrefix(cipher, "aes256") {
			return "a private key encrypted with a cipher that no Go client has"
		}
		return ""
	},
	notCompared: []string{"connect", "compress", "look_for_keys"},
	inert: func(result object) {
		if path := result["key_file"]; !isNothing(path) && !isTrue(path) { // false and 0
			delete(result, "key_file")
		}
		if cmd, ok := result["cmd_timeout"].(json.Number); ok && !isTrue(cmd) {
			delete(result, "cmd_timeout")
		}
	},
	want: func(result object) object {
		if text, ok := result["password"].(string); ok {
			result["password"] = pystr.Strip(text)
		}
		return result
	},
	truths: []string{"no_host_key_check", "allow_host_key_change"},
	choices: []hookChoice{
		loginTrue,
		{
			reason: "the password is a number, on which the hook fails: connuri reads it as text",
			met: func(_ connuri.Connection, _ error, result object) bool {
				_, isNumber := result["password"].(json.Number)
				return isNumber && at(result, "connect", "error") != nil
			},
			part: "host_keys", // which the hook did not come to
		},
		{
			reason: "a login may stand in the host, which the settings print",
			met: func(_ connuri.Connection, _ error, result object) bool {
				return mayHoldLogin(result, "remote_host", "@?=")
			},
		},
		{
			reason: "the passphrase is wrong, which only a client finds out",
			met: func(c connuri.Connection, _ error, result object) bool {
				return result["error"] != nil && result["error"] != "IndexError" && lockedBy(c) != "" // the latter is a key that is cut off
			},
			goesOn: true,
		},
		{
			reason: "the host_key is cut off, and paramiko fills it with zeros",
			met: func(c connuri.Connection, _ error, result object) bool {
				kind, encoded, _ := strings.Cut(extraKey(c, "host_key"), " ")
				key, _ := base64.StdEncoding.DecodeString(encoded)
				return result["error"] == nil && kind == "ssh-ed25519" && len(key) > 0 && len(key) < 51
			},
		},
	},
	leaves: 4355,
}

// isEndless reports whether no socket waits as many seconds.
func isEndless(v any) bool {
	f, ok := pystr.Float(fmt.Sprint(v))
	special, _ := v.(object)
	return special["$float"] != nil || ok && f > 9e9
}

func isNegative(v any) bool { return strings.HasPrefix(fmt.Sprint(v), "-") }

// seconds is a time in the form of a row.
func seconds(d time.Duration) any {
	if d == 0 {
		return nil
	}
	return json.Number(fmt.Sprint(d.Seconds()))
}

// publicKey is TYPE BASE64 in the form of a row.
func publicKey(text string) any {
	kind, encoded, found := strings.Cut(text, " ")
	if !found {
		return nil
	}
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err.Error()
	}
	hash := sha256.Sum256(blob)
	return object{"type": kind, "sha256": hex.EncodeToString(hash[:])}
}

// sshWith is a connection with an extra.
func sshWith(t *testing.T, extra map[string]any) connuri.Connection {
	t.Helper()
	c := connuri.Connection{Type: "ssh", Host: "bastion.example.com", Login: "app", Password: connuri.NewSecret("pw")}
	var err error
	c.Extra, err = connuri.NewExtra(extra)
	require.NoError(t, err)
	return c
}

// sshFields writes fields as SSH does.
func sshFields(fields ...string) string {
	var b strings.Builder
	for _, field := range fields {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(field)))
		b.WriteString(field)
	}
	return b.String()
}

// openSSHFile is a key in OpenSSH's form.
func openSSHFile(cipher, kdf, public, private string) string {
	text := "openssh-key-v1\x00" + sshFields(cipher, kdf, "") + "\x00\x00\x00\x01" + sshFields(public, private)
	return string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: []byte(text)}))
}

// sshKeys are private keys, made here, by the type of their public half.
type sshKeys struct{ rsa, openRSA, ec, ed25519, locked, lockedRSA string }

func makeSSHKeys(t *testing.T) (keys sshKeys) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	require.NoError(t, err)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaDER := x509.MarshalPKCS1PrivateKey(rsaKey)
	//nolint:staticcheck // the form is what is tested
	locked, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", rsaDER, []byte("k3y"), x509.PEMCipherAES128)
	require.NoError(t, err)
	blob := sshFields("ssh-ed25519", string(public))
	return sshKeys{
		rsa:       string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: rsaDER})),
		openRSA:   openSSHFile("none", "none", "outer", "samesame"+sshFields("ssh-rsa", "\x00"+string(rsaKey.N.Bytes()), "\x01\x00\x01", "d", "iqmp", "p", "q", "comment")),
		ec:        string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ecDER})),
		ed25519:   openSSHFile("none", "none", blob, "samesame"+sshFields("ssh-ed25519", string(public), string(private), "comment")+"\x01\x02\x03"),
		locked:    openSSHFile("aes256-ctr", "bcrypt", blob, "encrypted"),
		lockedRSA: string(pem.EncodeToMemory(locked)),
	}
}

func TestSSHPrivateKeys(t *testing.T) {
	keys := makeSSHKeys(t)
	for _, row := range []struct{ name, key, passphrase, kind, kept string }{
		{"RSA", keys.rsa, "", "ssh-rsa", ""},
		{"RSA, a passphrase that is not needed", keys.rsa, "k3y", "ssh-rsa", ""},
		{"RSA of OpenSSH", keys.openRSA, "", "ssh-rsa", ""},
		{"EC", keys.ec, "", "ecdsa-sha2-nistp384", ""},
		{"OpenSSH", keys.ed25519, "", "ssh-ed25519", ""},
		{"OpenSSH, encrypted", keys.locked, "k3y", "ssh-ed25519", "k3y"},
		{"RSA, encrypted in the old form", keys.lockedRSA, "k3y", "ssh-rsa", ""},
		{"line ends of Windows", strings.ReplaceAll(keys.ed25519, "\n", "\r\n"), "", "ssh-ed25519", ""},
		{"no last line break", strings.TrimSpace(keys.ec), "", "ecdsa-sha2-nistp384", ""},
		{"more after it", keys.rsa + "more\n", "", "ssh-rsa", ""},
		{"indented", strings.Replace(keys.rsa, "\n", "\n  ", 3), "", "ssh-rsa", ""},
	} {
		s, err := hook.SSH(sshWith(t, map[string]any{"private_key": row.key, "private_key_passphrase": row.passphrase}))
		require.NoError(t, err, row.name)
		kind, _, _ := strings.Cut(s.PublicKey, " ")
		assert.Equal(t, row.kind, kind, row.name)
		assert.Equal(t, row.kept, s.Passphrase.Reveal(), row.name)
		key, passphrase, err := s.Key(missingFile)
		require.NoError(t, err)
		assert.Equal(t, row.kept, string(passphrase), row.name)
		block, _ := pem.Decode(key)
		require.NotNil(t, block, row.name)
		assert.Empty(t, block.Headers, row.name)
	}
}

// A public key is the same in all forms of the private one.
func TestSSHPublicKey(t *testing.T) {
	keys := makeSSHKeys(t)
	var public []string
	for _, key := range []string{keys.rsa, keys.openRSA, keys.lockedRSA} {
		s, err := hook.SSH(sshWith(t, map[string]any{"private_key": key, "private_key_passphrase": "k3y"}))
		require.NoError(t, err)
		public = append(public, s.PublicKey)
	}
	assert.Equal(t, []string{public[0], public[0], public[0]}, public)
}

func TestSSHRefusesPrivateKeys(t *testing.T) {
	keys := makeSSHKeys(t)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, 32)))
	require.NoError(t, err)
	for _, row := range []struct{ name, key, passphrase, field, rule string }{
		{"no line breaks", strings.ReplaceAll(keys.rsa, "\n", " "), "", "private_key", "first and last line"},
		{"line breaks that were escaped", strings.ReplaceAll(keys.rsa, "\n", `\n`), "", "private_key", "two characters"},
		{"PKCS #8", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), "", "private_key", "first and last line"},
		{"base64 of PEM", base64.StdEncoding.EncodeToString([]byte(keys.rsa)), "", "private_key", "first and last line"},
		{"text before the key", "my key\n" + keys.ed25519, "", "private_key", "before its first line"},
		{"no passphrase", keys.locked, "", "private_key", "private_key_passphrase is missing"},
		{"no passphrase, the old form", keys.lockedRSA, "", "private_key", "private_key_passphrase is missing"},
		{"wrong passphrase, the old form", keys.lockedRSA, "k3yk3y", "private_key_passphrase", "does not decrypt"},
		{"RSA that is EC", strings.ReplaceAll(keys.ec, "EC PRIVATE", "RSA PRIVATE"), "", "private_key", "not a key that paramiko can use"},
		{"PEM that is OpenSSH", strings.ReplaceAll(keys.ec, "EC PRIVATE", "OPENSSH PRIVATE"), "", "private_key", "not a key that paramiko can use"},
		{"check bytes that differ", openSSHFile("none", "none", sshFields("ssh-ed25519", strings.Repeat("k", 32)), "onesother"), "", "private_key", "not a key that paramiko can use"},
		{"a type that is not there", openSSHFile("none", "none", sshFields("ssh-dss", "x"), "samesame"+sshFields("ssh-dss", "x", "y")), "", "private_key", "not a key that paramiko can use"},
		{"cut off", keys.ed25519[:200] + "\n-----END OPENSSH PRIVATE KEY-----\n", "", "private_key", ""},
		{"an unknown kdf", openSSHFile("aes256-ctr", "scrypt", sshFields("ssh-ed25519", strings.Repeat("k", 32)), "x"), "k3y", "private_key", "not a key that paramiko can use"},
	} {
		s, err := hook.SSH(sshWith(t, map[string]any{"private_key": row.key, "private_key_passphrase": row.passphrase}))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, row.name)
		assert.Equal(t, "extra "+row.field, e.Field+" "+e.Key, row.name)
		assert.Contains(t, e.Rule, row.rule, row.name)
		assert.Zero(t, s, row.name)
	}
	_, err = hook.SSH(sshWith(t, map[string]any{"private_key": keys.rsa, "key_file": "/id_rsa"}))
	assert.ErrorContains(t, err, "there is a key_file as well")
	s, err := hook.SSH(sshWith(t, map[string]any{
		"private_key": openSSHFile("aes128-ctr", "bcrypt", sshFields("ssh-ed25519", strings.Repeat("k", 32)), "x"), "private_key_passphrase": "k3y",
	}))
	require.ErrorIs(t, err, hook.ErrUnsupported)
	assert.ErrorContains(t, err, "private_key: it is encrypted with a cipher that no Go client reads")
	assert.NotEmpty(t, s.PublicKey)
	for _, row := range [][2]string{{"chacha20-poly1305@openssh.com", "ssh-ed25519"}, {"aes256-gcm@openssh.com", "ssh-ed25519"}, {"aes128-ctr", "ssh-rsa"}} {
		_, err := hook.SSH(sshWith(t, map[string]any{
			"private_key": openSSHFile(row[0], "bcrypt", sshFields(row[1], strings.Repeat("k", 32)), "x"), "private_key_passphrase": "k3y",
		}))
		require.ErrorContains(t, err, "a cipher that paramiko does not read", row)
		require.NotErrorIs(t, err, hook.ErrUnsupported, row)
	}
}

// One wrong passphrase in 256 leaves what looks like the padding of a block, and no key.
func TestSSHWrongPassphraseThatLooksRight(t *testing.T) {
	locked := makeSSHKeys(t).lockedRSA
	for i := range 2000 {
		_, err := hook.SSH(sshWith(t, map[string]any{"private_key": locked, "private_key_passphrase": strconv.Itoa(i)}))
		require.ErrorContains(t, err, "private_key_passphrase: it does not decrypt the private_key", i)
	}
}

func TestSSHKeyFile(t *testing.T) {
	s, err := hook.SSH(sshWith(t, map[string]any{"key_file": "/id_rsa"}))
	require.NoError(t, err)
	key, passphrase, err := s.Key(func(path string) ([]byte, error) { return []byte("key in " + path), nil })
	require.NoError(t, err)
	assert.Equal(t, "key in /id_rsa", string(key))
	assert.Equal(t, "pw", string(passphrase), "paramiko tries the password of the connection")
	_, _, err = s.Key(missingFile)
	assert.EqualError(t, err, "hook: the private key file cannot be read")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	key, _, err = hook.SSHConfig{}.Key(nil)
	require.NoError(t, err)
	assert.Nil(t, key)
	_, err = hook.SSH(sshWith(t, map[string]any{"key_file": makeSSHKeys(t).rsa}))
	assert.ErrorContains(t, err, "write the key as private_key")
}

func TestSSHHosts(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(sshFields("ssh-ed25519", strings.Repeat("k", 32))))
	rsaKey := base64.StdEncoding.EncodeToString([]byte(sshFields("ssh-rsa", "\x01\x00\x01", strings.Repeat("k", 128))))
	hostKey := "ssh-ed25519 " + encoded
	for _, row := range []struct {
		extra                map[string]any
		key                  string
		unknown, readsSystem bool
		fault                string
	}{
		{map[string]any{}, "", false, true, ""},
		{map[string]any{"host_key": hostKey + " comment"}, hostKey, false, true, ""},
		{map[string]any{"host_key": "\n " + hostKey}, hostKey, false, true, ""},
		{map[string]any{"host_key": rsaKey}, "ssh-rsa " + rsaKey, false, true, ""},
		{map[string]any{"host_key": hostKey, "no_host_key_check": "1"}, hostKey, false, true, ""},
		{map[string]any{"host_key": hostKey, "allow_host_key_change": true}, hostKey, true, false, ""},
		{map[string]any{"no_host_key_check": "TRUE"}, "", true, true, ""},
		{map[string]any{"no_host_key_check": "yes"}, "", false, true, ""},
		{map[string]any{"ignore_hostkey_verification": true}, "", true, true, ""},
		{map[string]any{"no_host_key_check": false, "ignore_hostkey_verification": true}, "", false, true, ""},
		{map[string]any{"no_host_key_check": true, "allow_host_key_change": true}, "", true, false, ""},

		{map[string]any{"host_key": hostKey, "no_host_key_check": true}, "", false, false, "no_host_key_check is true"},
		{map[string]any{"host_key": hostKey, "ignore_hostkey_verification": true}, "", false, false, "ignore_hostkey_verification is true"},
		{map[string]any{"host_key": encoded}, "", false, false, "takes it for RSA, which it is not"},
		{map[string]any{"host_key": "ssh-rsa " + encoded}, "", false, false, "another type than it says"},
		{map[string]any{"host_key": "ssh-ed25519 " + encoded[:40]}, "", false, false, "is not a key"},
		{map[string]any{"host_key": "ssh-ed25519 A"}, "", false, false, "is not a key"},
		{map[string]any{"host_key": ""}, "", false, false, "is not a key"},
		{map[string]any{"host_key": "ssh-ed25519"}, "", false, false, "a type without a key"},
		{map[string]any{"host_key": "ssh-dss AAAA"}, "", false, false, "DSA"},
		{map[string]any{"host_key": "bastion.example.com " + hostKey}, "", false, false, "does not begin with a type"},
		{map[string]any{"host_key": 5}, "", false, false, "it is not text"},
	} {
		s, err := hook.SSH(sshWith(t, row.extra))
		if row.fault != "" {
			require.ErrorContains(t, err, row.fault)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, row.key, s.HostKey, "%v", row.extra)
		assert.Equal(t, row.unknown, s.AcceptsUnknownHosts(), "%v", row.extra)
		assert.Equal(t, row.readsSystem, s.ReadsKnownHosts(), "%v", row.extra)
	}
}

func TestSSHRefuses(t *testing.T) {
	for _, row := range []struct {
		key         string
		value       any
		unsupported bool
	}{
		{"conn_timeout", "", false}, {"conn_timeout", nil, false}, {"conn_timeout", 0, false}, {"conn_timeout", -1, false}, {"conn_timeout", "x", false},
		{"cmd_timeout", "x", false}, {"cmd_timeout", -1, false}, {"cmd_timeout", "nan", false}, {"cmd_timeout", "inf", false}, {"cmd_timeout", []int{1}, false},
		{"ciphers", "aes256-ctr", false}, {"ciphers", []string{"aes256-ctr", "x"}, false}, {"ciphers", []any{5}, false}, {"ciphers", true, false},
		{"ciphers", []string{"aes256-cbc", "aes192-cbc"}, true},
		{"disabled_algorithms", "x", false}, {"disabled_algorithms", []string{"x"}, false}, {"disabled_algorithms", map[string]any{"kex": []string{"x"}}, true},
		{"key_file", 5, false}, {"private_key", 5, false},
	} {
		_, err := hook.SSH(sshWith(t, map[string]any{row.key: row.value}))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, "%s %v", row.key, row.value)
		assert.Equal(t, [3]string{"ssh", "extra", row.key}, [3]string{e.Type, e.Field, e.Key})
		assert.Equal(t, row.unsupported, errors.Is(err, hook.ErrUnsupported), "%s %v", row.key, row.value)
	}
	for _, host := range []string{"", "app@bastion.example.com"} {
		_, err := hook.SSH(connuri.Connection{Type: "sftp", Host: host})
		assert.ErrorContains(t, err, "ssh connection: host: ")
	}
}

func TestSSHFields(t *testing.T) {
	s, err := hook.SSH(connuri.Connection{Type: "sftp", Host: "2001:db8::5", Password: connuri.NewSecret(" p w\n")})
	require.NoError(t, err)
	assert.Equal(t, "p w", s.Password.Reveal())
	assert.Equal(t, "[2001:db8::5]:22", s.Addr())
	assert.True(t, s.LookForKeys)
	assert.Equal(t, [4]time.Duration{0, 30 * time.Second, 10 * time.Second, 30 * time.Second},
		[4]time.Duration{s.ConnectTimeout, s.BannerTimeout, s.CmdTimeout, s.KeepaliveInterval})

	s, err = hook.SSH(sshWith(t, map[string]any{
		"conn_timeout": 1.9, "cmd_timeout": "1.5", "look_for_keys": "False", "ciphers": []string{"aes256-cbc", "aes256-ctr"}, "disabled_algorithms": map[string]any{},
	}))
	require.NoError(t, err)
	assert.Equal(t, time.Second, s.ConnectTimeout)
	assert.Equal(t, 1500*time.Millisecond, s.CmdTimeout)
	assert.False(t, s.LookForKeys)
	assert.Equal(t, []string{"aes256-cbc", "aes256-ctr"}, s.Ciphers)
	s, err = hook.SSH(sshWith(t, map[string]any{"cmd_timeout": "0", "look_for_keys": "0"}))
	require.NoError(t, err)
	assert.Zero(t, s.CmdTimeout)
	assert.True(t, s.LookForKeys)
}

func ExampleSSH() {
	c, err := connuri.TaskSDK.Parse(`ssh://app:s3cr3t@bastion.example.com:2222?key_file=%2Frun%2Fsecrets%2Fid_ed25519` +
		`&host_key=ssh-ed25519+AAAAC3NzaC1lZDI1NTE5AAAAIO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR`)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := hook.SSH(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Key gives what ssh.ParsePrivateKey reads, and HostKey is what ssh.ParseAuthorizedKey reads.
	fmt.Println(s.Addr(), s.User, s.Password, s.KeyFile)
	fmt.Println(s.HostKey)
	fmt.Println(s.ReadsKnownHosts(), s.AcceptsUnknownHosts())
	// Output:
	// bastion.example.com:2222 app [redacted] /run/secrets/id_ed25519
	// ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR
	// true false
}

func FuzzSSH(f *testing.F) {
	fuzzHook(f, "ssh", func(t *testing.T, c connuri.Connection) error {
		s, err := hook.SSH(c)
		if (err == nil || errors.Is(err, hook.ErrUnsupported)) && (s.Host == "" || s.Port == 0 || s.Addr() == "" || s.PrivateKey.IsZero() != (s.PublicKey == "")) {
			t.Error("settings that are not complete")
		}
		return err
	})
}
