package hook

import (
	"math"
	"slices"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// SSHConfig holds the settings that SSHHook gives to paramiko, for SSH and SFTP alike.
type SSHConfig struct {
	Host string // remote_host: host; required
	Port int    // port; default 22
	User string // username: login; "" means the process's user

	// Password is the password without the white space around it; zero if there is none.
	Password connuri.Secret

	// LookForKeys is the extra look_for_keys, true by default: paramiko tries the SSH agent
	// and the keys in ~/.ssh before the password. This package reads neither.
	LookForKeys bool
	KeyFile     string         // key_file: path of a private key; "" if there is none; see Key
	PrivateKey  connuri.Secret // private_key in PEM form, which golang.org/x/crypto/ssh reads; zero if there is none; see Key
	Passphrase  connuri.Secret // private_key_passphrase; zero unless PrivateKey is encrypted
	PublicKey   string         // the public half of PrivateKey, as in authorized_keys: TYPE BASE64; "" if there is none

	HostKey            string // host_key: the key that the server must show, as in known_hosts: TYPE BASE64; "" if there is none
	NoHostKeyCheck     bool   // no_host_key_check, or ignore_hostkey_verification: see AcceptsUnknownHosts
	AllowHostKeyChange bool   // allow_host_key_change: see ReadsKnownHosts

	ConnectTimeout    time.Duration // conn_timeout, of the TCP connection; 0, the default, means no limit
	BannerTimeout     time.Duration // banner_timeout: 30 s, SSHHook's default, until the server's first line
	CmdTimeout        time.Duration // cmd_timeout, of each command, 10 s by default; 0 means no limit
	KeepaliveInterval time.Duration // keepalive_interval: 30 s, SSHHook's default

	Ciphers            []string      // extra ciphers, the preferred first; empty leaves them to the client
	DisabledAlgorithms connuri.Extra // extra disabled_algorithms, an object; zero unless the error is ErrUnsupported
}

// Addr returns host:port.
func (c SSHConfig) Addr() string { return hostPort(c.Host, c.Port) }

// ReadsKnownHosts reports whether the hook reads ~/.ssh/known_hosts. A server that is listed
// there must show one of its listed keys; HostKey and AcceptsUnknownHosts are for servers
// that are not listed.
func (c SSHConfig) ReadsKnownHosts() bool { return !c.AllowHostKeyChange }

// AcceptsUnknownHosts reports whether the hook accepts any key of a server that is not in
// known_hosts if there is no HostKey either. Anyone on the network path can read along then.
func (c SSHConfig) AcceptsUnknownHosts() bool { return c.NoHostKeyCheck || c.AllowHostKeyChange }

// Key returns the private key in PEM form together with the passphrase to try if it is
// encrypted: PrivateKey and Passphrase, or what readFile returns for KeyFile, and Password,
// as paramiko does. The key is nil if the connection has none. The error does not hold the
// path.
func (c SSHConfig) Key(readFile func(path string) ([]byte, error)) (key, passphrase []byte, err error) {
	switch {
	case !c.PrivateKey.IsZero():
		return []byte(c.PrivateKey.Reveal()), []byte(c.Passphrase.Reveal()), nil
	case c.KeyFile == "":
		return nil, nil, nil
	}
	key, err = readWith(readFile, c.KeyFile)
	if err != nil {
		return nil, nil, fileError("private key", err)
	}
	return key, []byte(c.Password.Reveal()), nil
}

// SSH reads a connection as SSHHook (apache-airflow-providers-ssh) does, which SFTPHook builds on.
// The schema and all other extras are ignored, and so is compress, which no Go client supports. The
// hook's own file ~/.ssh/config is not read.
//
// A private_key is PEM with real line breaks: RSA PRIVATE KEY, EC PRIVATE KEY or OPENSSH PRIVATE
// KEY of the types RSA, ECDSA and Ed25519. It may be encrypted and then needs
// private_key_passphrase: in PEM's old form with AES or triple DES, in OpenSSH's form with
// aes256-ctr (ssh-keygen's default) or aes256-cbc. A wrong passphrase is an error of SSH for PEM's
// old form, and of the client for OpenSSH's. A key file may also hold PKCS #8, which paramiko does
// not read.
//
// The error is an *Error for what the hook or paramiko refuses before it looks for a server: no
// host, a private_key that cannot be read, private_key together with key_file, a host_key that is
// not TYPE BASE64 or that comes with no_host_key_check, a timeout that is not a number, or ciphers
// and disabled_algorithms as text. A host_key without its type is read as RSA.
//
// These are ErrUnsupported and come with the complete settings: disabled_algorithms as an object,
// ciphers that no Go client has, and Ed25519 keys that are encrypted with another AES or triple DES
// cipher.
func SSH(c connuri.Connection) (SSHConfig, error) {
	return settled(sshConfig(c))
}

func sshConfig(c connuri.Connection) (SSHConfig, error) {
	config := SSHConfig{
		Host: c.Host, Port: c.Port, User: c.Login,
		BannerTimeout: 30 * time.Second, CmdTimeout: 10 * time.Second, KeepaliveInterval: 30 * time.Second,
	}
	r, err := read("ssh", c)
	if err != nil {
		return config, err
	}
	if config.Host == "" {
		return config, r.bad("host", "", "it is missing", "write the name of the server")
	}
	if err := r.oneServer("host", "", c.Host); err != nil {
		return config, err
	}
	if config.Port == 0 {
		config.Port = 22
	}
	if password := pystr.Strip(c.Password.Reveal()); password != "" {
		config.Password = connuri.NewSecret(password)
	}
	for _, part := range [...]func(*SSHConfig) error{r.sshLogin, r.sshHosts, r.sshTimeouts, r.sshAlgorithms} {
		if err := part(&config); err != nil {
			return config, err
		}
	}
	return config, r.end()
}

// sshLogin reads the private key.
func (r *reader) sshLogin(config *SSHConfig) error {
	config.LookForKeys = !r.isWord("look_for_keys", "false")
	var err error
	if config.KeyFile, err = r.textIfTrue("key_file"); err != nil {
		return err
	}
	text, err := r.textIfTrue("private_key")
	if text == "" || err != nil {
		return err
	}
	if config.KeyFile != "" {
		return r.bad("extra", "private_key", "there is a key_file as well", "keep one of them")
	}
	passphrase := ""
	if v := r.extra["private_key_passphrase"]; v.Kind == pyjson.String { // paramiko fails on all else, if the key is encrypted
		passphrase = v.Str()
	}
	key, err := r.sshKey(text, passphrase)
	if err != nil {
		return err
	}
	config.PrivateKey, config.PublicKey = connuri.NewSecret(key.pem), key.public
	if key.encrypted {
		config.Passphrase = connuri.NewSecret(passphrase)
	}
	return nil
}

// isWord reports whether str(extra_dejson[key]) is a word, in any case.
func (r *reader) isWord(key, word string) bool {
	v, given := r.extra[key]
	return given && !holdsValues(v) && pystr.Lower(v.Str()) == word
}

// sshHosts reads which servers are trusted.
func (r *reader) sshHosts(config *SSHConfig) error {
	unchecked := "no_host_key_check"
	if _, given := r.get(unchecked); !given {
		unchecked = "ignore_hostkey_verification"
	}
	config.NoHostKeyCheck = r.isWord(unchecked, "true")
	config.AllowHostKeyChange = r.isWord("allow_host_key_change", "true")
	text, given, err := r.text("host_key")
	if !given || err != nil {
		return err
	}
	key, fault := sshHostKey(text)
	switch {
	case fault != "":
		return r.bad("extra", "host_key", fault, "write TYPE BASE64, as ssh-keyscan prints them after the name")
	case config.NoHostKeyCheck:
		return r.bad("extra", "host_key", unchecked+" is true, so the key would not be looked at", "leave "+unchecked+" out")
	}
	config.HostKey = key
	return nil
}

// sshTimeouts reads conn_timeout by int() and cmd_timeout by float().
func (r *reader) sshTimeouts(config *SSHConfig) error {
	seconds, err := r.whole("conn_timeout", 1)
	if err != nil {
		return err
	}
	if _, given := r.extra["conn_timeout"]; given {
		if config.ConnectTimeout, err = r.sshSeconds("conn_timeout", float64(seconds)); err != nil {
			return err
		}
	}
	v, given := r.extra["cmd_timeout"]
	if !given {
		return nil
	}
	config.CmdTimeout = 0
	limit, ok := 0.0, false
	switch v.Kind {
	case pyjson.Int, pyjson.Float:
		limit, ok = v.Float(), true
	case pyjson.True:
		limit, ok = 1, true
	case pyjson.String:
		text, _ := v.Text()
		limit, ok = pystr.Float(text)
	}
	switch {
	case !v.Truthy(), ok && limit == 0:
		return nil
	case !ok:
		return r.bad("extra", "cmd_timeout", "it is not a number", "write seconds, or leave it out")
	}
	config.CmdTimeout, err = r.sshSeconds("cmd_timeout", limit)
	return err
}

// sshSeconds refuses what no socket accepts as a timeout.
func (r *reader) sshSeconds(key string, seconds float64) (time.Duration, error) {
	if !(seconds > 0 && seconds < maxSeconds) { // NaN too
		return 0, r.bad("extra", key, "it is not above 0, or too large", "write seconds above 0, or leave it out")
	}
	return time.Duration(math.Ceil(seconds * float64(time.Second))), nil
}

// sshCiphers are the ciphers of paramiko, and whether golang.org/x/crypto/ssh has them too.
var sshCiphers = map[string]bool{
	"aes128-ctr": true, "aes192-ctr": true, "aes256-ctr": true, "aes128-gcm@openssh.com": true, "aes256-gcm@openssh.com": true,
	"aes128-cbc": true, "aes192-cbc": false, "aes256-cbc": false, "3des-cbc": true,
}

// sshAlgorithms reads what paramiko may use.
func (r *reader) sshAlgorithms(config *SSHConfig) error {
	if v := r.extra["disabled_algorithms"]; v.Truthy() {
		if v.Kind != pyjson.Object {
			return r.bad("extra", "disabled_algorithms", "it is not an object", "write an object of lists, or leave it out")
		}
		config.DisabledAlgorithms = connuri.RawExtra(string(pyjson.AppendDump(nil, v)))
		r.refuse("extra", "disabled_algorithms", "Go clients take the algorithms to use, and none to leave out", "configure them in Go, or leave it out")
	}
	v := r.extra["ciphers"]
	if !v.Truthy() {
		return nil
	}
	const instead = `write a list such as ["aes256-ctr"]`
	if v.Kind != pyjson.Array {
		return r.bad("extra", "ciphers", "it is not a list", instead)
	}
	known := true
	_ = pyjson.Elements(v.Raw, func(element pyjson.Value) error { // it was just read
		name, _ := element.Text()
		_, ok := sshCiphers[name]
		known = known && ok && element.Kind == pyjson.String
		config.Ciphers = append(config.Ciphers, name)
		return nil
	})
	if !known {
		return r.bad("extra", "ciphers", "paramiko does not know one of them", instead)
	}
	if !slices.ContainsFunc(config.Ciphers, func(name string) bool { return sshCiphers[name] }) {
		r.refuse("extra", "ciphers", "no Go client has any of them", instead)
	}
	return nil
}
