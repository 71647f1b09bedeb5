package hook_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"hash"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

var oneRSAKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// rsaKey is a key made for the tests, as PKCS #8: in PEM, and DER.
func rsaKey(t *testing.T) (text string, der []byte) {
	der, err := x509.MarshalPKCS8PrivateKey(oneRSAKey())
	require.NoError(t, err)
	return inPEM("PRIVATE KEY", der), der
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

type algorithm struct {
	ID     asn1.ObjectIdentifier
	Params any `asn1:"optional"`
}

// encrypted is a key encrypted as PKCS #8, PBES2.
func encrypted(t *testing.T, der []byte, passphrase string, prf asn1.ObjectIdentifier, newHash func() hash.Hash, cipherID asn1.ObjectIdentifier, size, iterations int) string {
	salt := []byte("saltsalt")
	key, err := pbkdf2.Key(newHash, passphrase, salt, min(iterations, 4096), size)
	require.NoError(t, err)
	newCipher := aes.NewCipher
	if cipherID.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}) {
		newCipher = des.NewTripleDESCipher
	}
	block, err := newCipher(key)
	require.NoError(t, err)
	iv := bytes.Repeat([]byte{7}, block.BlockSize())
	pad := block.BlockSize() - len(der)%block.BlockSize()
	data := append(bytes.Clone(der), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	var derivation any = struct {
		Salt       []byte
		Iterations int
		PRF        algorithm
	}{salt, iterations, algorithm{prf, asn1.NullRawValue}}
	if prf == nil { // HMAC with SHA-1 is what is not said
		derivation = struct {
			Salt               []byte
			Iterations, Length int
		}{salt, iterations, size}
	}
	out, err := asn1.Marshal(struct {
		Algorithm algorithm
		Data      []byte
	}{algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, struct{ Derivation, Encryption algorithm }{
		algorithm{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, derivation}, algorithm{cipherID, iv},
	}}, data})
	require.NoError(t, err)
	return inPEM("ENCRYPTED PRIVATE KEY", out)
}

// keyOf is the key that Snowflake makes of private_key_content, and that Key makes of a file
// with the same text; the password is its passphrase.
func keyOf(t *testing.T, text, passphrase string) (string, error) {
	t.Helper()
	extra, err := connuri.NewExtra(map[string]any{"account": "a", "private_key_content": text})
	require.NoError(t, err)
	c := connuri.Connection{Type: "snowflake", Extra: extra}
	if passphrase != "" {
		c.Password = connuri.NewSecret(passphrase)
	}
	sf, err := hook.Snowflake(c)
	c.Extra = connuri.RawExtra(`{"account": "a", "private_key_file": "/k"}`)
	inFile, fileErr := hook.Snowflake(c)
	require.NoError(t, fileErr)
	assert.True(t, inFile.Password.IsZero())
	key, fileErr := inFile.Key(func(path string) ([]byte, error) { return []byte(text), nil })
	switch {
	case errors.Is(err, hook.ErrUnsupported):
		assert.True(t, sf.PrivateKey.Reveal() == text && sf.Passphrase.Reveal() == passphrase && sf.Account == "a" && sf.Password.IsZero())
		if strings.Contains(text, "-----BEGIN") {
			assert.ErrorIs(t, fileErr, hook.ErrUnsupported)
		}
	case strings.Contains(text, "-----BEGIN"): // a file is never base64 of it
		assert.Equal(t, err == nil, fileErr == nil)
		assert.True(t, key.Reveal() == sf.PrivateKey.Reveal())
	}
	return sf.PrivateKey.Reveal(), err
}

func TestPrivateKeys(t *testing.T) {
	text, der := rsaKey(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ec, err := x509.MarshalECPrivateKey(curve)
	require.NoError(t, err)
	ecDER, err := x509.MarshalPKCS8PrivateKey(curve)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	body := strings.Join(lines[1:len(lines)-1], "")
	for name, row := range map[string]struct {
		text string
		der  []byte
	}{
		"PKCS #8":           {text, der},
		"PKCS #1":           {inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(oneRSAKey())), der},
		"SEC 1":             {inPEM("EC PRIVATE KEY", ec), ecDER},
		"base64":            {base64.StdEncoding.EncodeToString([]byte(text)), der},
		"base64 in lines":   {strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(text)), "A", "A\n- "), der},
		"no line breaks":    {strings.ReplaceAll(text, "\n", " "), der},
		"one line":          {lines[0] + body + lines[len(lines)-1], der},
		"Windows":           {strings.ReplaceAll(text, "\n", "\r\n"), der},
		"text around":       {"x\n  " + text + "y", der},
		"certificate":       {inPEM("CERTIFICATE", []byte{5, 0}) + text, der},
		"nothing":           {"", nil},
		"base64 of nothing": {" -= ", nil},
	} {
		got, err := keyOf(t, row.text, "")
		require.NoError(t, err, name)
		assert.True(t, string(row.der) == got, name)
	}
	for name, row := range map[string]struct{ text, want string }{
		"no key":        {"nonsense", "it is not a private key in PEM"},
		"escaped":       {strings.ReplaceAll(text, "\n", `\n`), "it is not a private key in PEM"},
		"no end":        {lines[0] + body, "it is not a private key in PEM"},
		"another thing": {inPEM("CERTIFICATE", []byte{5, 0}), "it is not a private key in PEM"},
		"OpenSSH":       {inPEM("OPENSSH PRIVATE KEY", []byte("x")), "OpenSSH's own form"},
		"not DER":       {inPEM("PRIVATE KEY", []byte("x")), "it is PEM, but not"},
		"not base64":    {"aパ", "it is not a private key in PEM"},
		"encrypted":     {inPEM("ENCRYPTED PRIVATE KEY", []byte("x")), "which is its passphrase, is missing"},
	} {
		_, err := keyOf(t, row.text, "")
		require.ErrorContains(t, err, row.want, name)
	}
	_, err = keyOf(t, text, "pw")
	require.ErrorContains(t, err, "it is not encrypted, and there is a password")
	_, err = keyOf(t, text, "  ")
	require.ErrorContains(t, err, "it is not encrypted, and there is a password")
	_, err = keyOf(t, base64.StdEncoding.EncodeToString([]byte(text)), "pw")
	require.ErrorContains(t, err, "it is not encrypted, and there is a password")
}

func TestEncryptedPrivateKeys(t *testing.T) {
	_, der := rsaKey(t)
	hmac := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 2, 840, 113549, 2, n} }
	aesCBC := func(n int) asn1.ObjectIdentifier { return asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, n} }
	tripleDES := asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
	for name, text := range map[string]string{
		"SHA-1, triple DES":   encrypted(t, der, "pass phrase", hmac(7), sha1.New, tripleDES, 24, 2048),
		"no PRF":              encrypted(t, der, "pass phrase", nil, sha1.New, tripleDES, 24, 1),
		"SHA-224, AES-128":    encrypted(t, der, "pass phrase", hmac(8), sha256.New224, aesCBC(2), 16, 2048),
		"SHA-256, AES-256":    encrypted(t, der, "pass phrase", hmac(9), sha256.New, aesCBC(42), 32, 2048),
		"SHA-384, AES-192":    encrypted(t, der, "pass phrase", hmac(10), sha512.New384, aesCBC(22), 24, 2048),
		"SHA-512, triple DES": encrypted(t, der, "pass phrase", hmac(11), sha512.New, tripleDES, 24, 2048),
	} {
		got, err := keyOf(t, text, " pass phrase\n")
		require.NoError(t, err, name)
		assert.True(t, string(der) == got, name)
		got, err = keyOf(t, base64.StdEncoding.EncodeToString([]byte(text)), "pass phrase")
		require.NoError(t, err, name)
		assert.True(t, string(der) == got, name)
		_, err = keyOf(t, text, "pass phrases")
		require.ErrorContains(t, err, "the password, which is its passphrase, does not decrypt it", name)
		_, err = keyOf(t, text, "")
		require.ErrorContains(t, err, "it is encrypted, and the password, which is its passphrase, is missing", name)
	}
	for name, text := range map[string]string{
		"unknown PRF":    encrypted(t, der, "pw", hmac(12), sha1.New, tripleDES, 24, 2048),
		"unknown cipher": encrypted(t, der, "pw", hmac(9), sha256.New, aesCBC(46), 32, 2048),
		"too much work":  encrypted(t, der, "pw", hmac(9), sha256.New, aesCBC(42), 32, 1<<30),
		"no work":        encrypted(t, der, "pw", hmac(9), sha256.New, aesCBC(42), 32, -1),
	} {
		_, err := keyOf(t, text, "pw")
		require.ErrorContains(t, err, "it is encrypted in a way that this package does not read", name)
		require.ErrorIs(t, err, hook.ErrUnsupported, name)
	}
	_, err := keyOf(t, inPEM("ENCRYPTED PRIVATE KEY", der), "pw")
	require.ErrorContains(t, err, "is not PKCS #8")
	require.NotErrorIs(t, err, hook.ErrUnsupported)
}

// TestOldFormOfPEM reads keys that PEM's headers say are encrypted.
func TestOldFormOfPEM(t *testing.T) {
	_, der := rsaKey(t)
	key, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(t, err)
	pkcs1 := x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey))
	for name, cipher := range map[string]x509.PEMCipher{"AES-128": x509.PEMCipherAES128, "AES-256": x509.PEMCipherAES256, "3DES": x509.PEMCipher3DES} {
		//nolint:staticcheck // the form that is under test
		block, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", pkcs1, []byte("pw"), cipher)
		require.NoError(t, err)
		text := string(pem.EncodeToMemory(block))
		got, err := keyOf(t, text, "pw")
		require.NoError(t, err, name)
		assert.True(t, got == string(der), name)
		got, err = keyOf(t, strings.ReplaceAll(text, "\n", "\r\n"), "pw")
		require.NoError(t, err, name)
		assert.True(t, got == string(der), name)
		_, err = keyOf(t, text, "other")
		require.ErrorContains(t, err, "does not decrypt it", name)
		_, err = keyOf(t, text, "")
		require.ErrorContains(t, err, "it is encrypted, and the password, which is its passphrase, is missing", name)
	}
	//nolint:staticcheck // the form that is under test
	block, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", pkcs1, []byte("pw"), x509.PEMCipherDES)
	require.NoError(t, err)
	_, err = keyOf(t, string(pem.EncodeToMemory(block)), "pw")
	require.ErrorContains(t, err, "does not decrypt it", "DES alone, which the hook does not read")
	for _, text := range []string{
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
	} {
		_, err = keyOf(t, text, "pw")
		require.ErrorContains(t, err, "does not decrypt it")
	}
	doubled := strings.ReplaceAll(inPEM("PRIVATE KEY", der), "\n", "\n\n")
	_, err = keyOf(t, doubled, "")
	require.ErrorContains(t, err, "it is not a private key in PEM", "an empty line ends headers, and there are none")
}

// TestKeysThatGoDoesNotRead has keys that the hook reads.
func TestKeysThatGoDoesNotRead(t *testing.T) {
	// SEQUENCE { 0, SEQUENCE { OID }, OCTET STRING } and, for secp256k1, SEC 1 as well.
	inner := append([]byte{0x04, 57}, make([]byte, 57)...)
	ed448 := append([]byte{0x30, 0x47, 2, 1, 0, 0x30, 5, 6, 3, 43, 101, 113, 4, 59}, inner...)
	sec1 := append(append([]byte{0x30, 46, 2, 1, 1, 4, 32}, bytes.Repeat([]byte{7}, 32)...), 0xa0, 7, 6, 5, 43, 129, 4, 0, 10)
	ec := append([]byte{0x30, 0x43, 2, 1, 0, 0x30, 16, 6, 7, 42, 134, 72, 206, 61, 2, 1, 6, 5, 43, 129, 4, 0, 10, 4, 44}, make([]byte, 44)...)
	ec[1] = byte(len(ec) - 2)
	for name, text := range map[string]string{
		"Ed448": inPEM("PRIVATE KEY", ed448), "secp256k1": inPEM("EC PRIVATE KEY", sec1), "secp256k1, PKCS #8": inPEM("PRIVATE KEY", ec),
	} {
		_, err := keyOf(t, text, "")
		require.ErrorIs(t, err, hook.ErrUnsupported, name)
		require.ErrorContains(t, err, "of a type or curve that Go does not read", name)
	}
}

// TestKeysOfOpenSSL reads keys as OpenSSL encrypts them.
func TestKeysOfOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is missing")
	}
	if runtime.GOOS != "linux" {
		t.Skip("openssl may be LibreSSL, which has fewer options")
	}
	text, der := rsaKey(t)
	file := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	for options, want := range map[string]string{
		"": "", "-v2 des3": "", "-v2 aes-128-cbc": "", "-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 10000": "", "-v2 aes-192-cbc -v2prf hmacWithSHA1": "",
		"-v1 PBE-SHA1-3DES": "in a way that this package does not read", "-scrypt": "in a way that this package does not read", "-traditional -nocrypt": "it is not encrypted",
	} {
		out, err := exec.Command("openssl", append([]string{"pkcs8", "-topk8", "-in", file, "-passout", "pass:pw"}, strings.Fields(options)...)...).Output()
		require.NoError(t, err, options)
		got, err := keyOf(t, string(out), "pw")
		if want != "" {
			require.ErrorContains(t, err, want, options)
			assert.Equal(t, options != "-traditional -nocrypt", errors.Is(err, hook.ErrUnsupported), options)
			continue
		}
		require.NoError(t, err, options)
		assert.True(t, string(der) == got, options)
	}
}
