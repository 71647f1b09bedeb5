package hook

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"hash"
	"strings"
)

// keyProblem says why a private key cannot be read, and what to write instead.
type keyProblem struct{ rule, instead string }

// pkcs8OfContent reads a private key that is PEM, or the base64 of PEM. The base64 of nothing
// is no key at all.
func pkcs8OfContent(content, passphrase string, hasPassphrase bool) ([]byte, *keyProblem) {
	der, problem := pkcs8(content, passphrase, hasPassphrase)
	if problem == nil || strings.Contains(content, "-----BEGIN ") {
		return der, problem
	}
	decoded, ok := pythonBase64(content)
	switch {
	case !ok, strings.ContainsFunc(content, func(c rune) bool { return c >= 0x80 }): // b64decode takes ASCII only
		return nil, problem
	case len(decoded) == 0:
		return nil, nil
	}
	return pkcs8(string(decoded), passphrase, hasPassphrase)
}

// pkcs8 reads a private key in PEM, as load_pem_private_key of Python's cryptography does. It
// returns it as PKCS #8, DER, decrypted.
func pkcs8(text, passphrase string, hasPassphrase bool) ([]byte, *keyProblem) {
	kind, der, old := pemKey(text)
	encrypted := kind == "ENCRYPTED" || old
	switch {
	case kind == "OPENSSH":
		return nil, &keyProblem{"it is in OpenSSH's own form, which the hook refuses", "convert it with ssh-keygen -p -m PKCS8"}
	case der == nil:
		return nil, &keyProblem{"it is not a private key in PEM, nor the base64 of one", "write the whole file from -----BEGIN PRIVATE KEY----- on"}
	case encrypted && passphrase == "":
		return nil, &keyProblem{"it is encrypted, and there is no password, which is its passphrase", "write the passphrase into password"}
	case !encrypted && hasPassphrase:
		return nil, &keyProblem{"it is not encrypted, and there is a password, which would be its passphrase", "leave the password empty"}
	case old:
		return nil, &keyProblem{"it is encrypted in the old form of PEM, which this package does not read", "convert it with openssl pkcs8 -topk8"}
	case encrypted:
		var problem *keyProblem
		if der, problem = decryptPKCS8(der, passphrase); problem != nil {
			return nil, problem
		}
	}
	var key any
	var err error
	switch kind {
	case "RSA":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC":
		key, err = x509.ParseECPrivateKey(der)
	default:
		key, err = x509.ParsePKCS8PrivateKey(der)
	}
	if err == nil {
		der, err = x509.MarshalPKCS8PrivateKey(key)
	}
	if err != nil {
		rule := "it is PEM, but not an RSA, EC or Ed25519 key"
		if encrypted {
			rule = "the password, which is its passphrase, does not decrypt it"
		}
		return nil, &keyProblem{rule, "write an RSA key as openssl pkcs8 -topk8 makes it"}
	}
	return der, nil
}

// pemKey finds the first private key in PEM, wherever it stands in a text. A text out of a
// form may have lost its line breaks, which encoding/pem asks for and Python does not. old is
// one that is encrypted by the headers before it.
func pemKey(text string) (kind string, der []byte, old bool) {
	for {
		_, rest, found := strings.Cut(text, "-----BEGIN ")
		label, body, closed := strings.Cut(rest, "-----")
		if !found || !closed {
			return "", nil, false
		}
		body, text, found = strings.Cut(body, "-----END "+label+"-----")
		kind, isKey := strings.CutSuffix(label, "PRIVATE KEY")
		switch kind = strings.TrimSpace(kind); {
		case !found:
			return "", nil, false
		case !isKey || kind != "" && kind != "ENCRYPTED" && kind != "RSA" && kind != "EC" && kind != "OPENSSH":
			continue
		}
		if strings.Contains(body, ":") {
			return kind, []byte(body), true
		}
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
		if err != nil || len(der) == 0 {
			return "", nil, false
		}
		return kind, der, false
	}
}

// The parts of an encrypted key: RFC 8018, PBES2.
type (
	algorithm struct {
		ID     asn1.ObjectIdentifier
		Params asn1.RawValue `asn1:"optional"`
	}
	encryptedKey struct {
		Algorithm algorithm
		Data      []byte
	}
	pbes2Params  struct{ Derivation, Encryption algorithm }
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		Length     int       `asn1:"optional"`
		PRF        algorithm `asn1:"optional"`
	}
)

// maxIterations bounds the work on a key of somebody else's making.
const maxIterations = 1 << 20

// decryptPKCS8 decrypts a key with PBES2, PBKDF2 and a cipher in CBC mode, which is what
// OpenSSL makes unless told otherwise.
func decryptPKCS8(der []byte, passphrase string) ([]byte, *keyProblem) {
	unknown := &keyProblem{"it is encrypted in a way that this package does not read", "convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc"}
	var key encryptedKey
	var params pbes2Params
	var derivation pbkdf2Params
	var iv []byte
	if !unmarshal(der, &key) || key.Algorithm.ID.String() != "1.2.840.113549.1.5.13" ||
		!unmarshal(key.Algorithm.Params.FullBytes, &params) || params.Derivation.ID.String() != "1.2.840.113549.1.5.12" ||
		!unmarshal(params.Derivation.Params.FullBytes, &derivation) || !unmarshal(params.Encryption.Params.FullBytes, &iv) {
		return nil, unknown
	}
	hashes := map[string]func() hash.Hash{
		"": sha1.New, "1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.8": sha256.New224, "1.2.840.113549.2.9": sha256.New,
		"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
	}
	prf, known := hashes[derivation.PRF.ID.String()]
	size, knownCipher := map[string]int{"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32}[params.Encryption.ID.String()]
	newCipher := aes.NewCipher
	if params.Encryption.ID.String() == "1.2.840.113549.3.7" {
		size, knownCipher, newCipher = 24, true, des.NewTripleDESCipher
	}
	if !known || !knownCipher || derivation.Iterations < 1 || derivation.Iterations > maxIterations {
		return nil, unknown
	}
	secret, err := pbkdf2.Key(prf, passphrase, derivation.Salt, derivation.Iterations, size)
	if err != nil {
		return nil, unknown
	}
	block, err := newCipher(secret)
	if err != nil || len(iv) != block.BlockSize() || len(key.Data) == 0 || len(key.Data)%block.BlockSize() != 0 {
		return nil, unknown
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	return plain, nil // with its padding, which x509 passes over; with a wrong passphrase it is no key
}

func unmarshal(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
