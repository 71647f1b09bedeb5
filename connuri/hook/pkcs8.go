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
	"encoding/pem"
	"hash"
	"strings"
)

// keyProblem says why a private key cannot be read, and what to write instead.
type keyProblem struct {
	rule, instead string
	unsupported   bool // the hook reads it, and this package does not
}

// pkcs8OfContent reads a private key that is PEM, or the base64 of PEM. The base64 of an empty text
// counts as a missing key.
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
	kind, block := pemKey(text)
	old := block != nil && block.Headers["Proc-Type"] != ""
	encrypted := kind == "ENCRYPTED" || old
	wrong := &keyProblem{rule: "the password, which is its passphrase, does not decrypt it", instead: "write the passphrase of this key into password"}
	switch {
	case kind == "OPENSSH":
		return nil, &keyProblem{rule: "it is in OpenSSH's own form, which the hook refuses", instead: "convert it with ssh-keygen -p -m PKCS8"}
	case block == nil:
		return nil, &keyProblem{rule: "it is not a private key in PEM, nor the base64 of one", instead: "write the whole file from -----BEGIN PRIVATE KEY----- on"}
	case encrypted && passphrase == "":
		return nil, &keyProblem{rule: "it is encrypted, and the password, which is its passphrase, is missing", instead: "write the passphrase into password"}
	case !encrypted && hasPassphrase:
		return nil, &keyProblem{rule: "it is not encrypted, and there is a password, which would be its passphrase", instead: "leave the password empty"}
	case old:
		if !decryptOldPEM(block, passphrase) {
			return nil, wrong
		}
	case encrypted:
		var problem *keyProblem
		if block.Bytes, problem = decryptPKCS8(block.Bytes, passphrase); problem != nil {
			return nil, problem
		}
	}
	der, err := parsedKey(kind, block.Bytes)
	const instead = "write an RSA key as openssl pkcs8 -topk8 makes it"
	switch {
	case err == nil:
		return der, nil
	case isOtherKey(block.Bytes):
		return nil, &keyProblem{rule: "it is of a type or curve that Go does not read", instead: instead, unsupported: true}
	case encrypted:
		return nil, wrong
	}
	return nil, &keyProblem{rule: "it is PEM, but not an RSA, EC or Ed25519 key", instead: instead}
}

// parsedKey returns a key, whose kind is the word in its first line, as PKCS #8.
func parsedKey(kind string, der []byte) ([]byte, error) {
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
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

// isOtherKey reports whether a key that crypto/x509 does not read is of a type or curve that
// the hook reads: Ed448, X448, DSA, secp256k1, secp192r1 or one of Brainpool's.
func isOtherKey(der []byte) bool {
	var key struct {
		Version   int
		Algorithm algorithm
		Key       []byte
		Rest      asn1.RawValue `asn1:"optional,tag:0"`
	}
	var ec struct {
		Version int
		Key     []byte
		Curve   asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
		Point   asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	var curve asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(der, &key); err == nil { // padding may follow
		switch key.Algorithm.ID.String() {
		case "1.3.101.113", "1.3.101.111", "1.2.840.10040.4.1":
			return true
		case "1.2.840.10045.2.1":
			_ = unmarshal(key.Algorithm.Params.FullBytes, &curve)
		}
	} else if _, err := asn1.Unmarshal(der, &ec); err == nil {
		curve = ec.Curve
	}
	switch curve.String() {
	case "1.3.132.0.10", "1.2.840.10045.3.1.1", "1.3.36.3.3.2.8.1.1.7", "1.3.36.3.3.2.8.1.1.11", "1.3.36.3.3.2.8.1.1.13":
		return true
	}
	return false
}

// decryptOldPEM decrypts what PEM's headers say is encrypted, and reports whether it did. One wrong
// passphrase in 256 leaves what looks like padding, so the key must be valid too: a SEQUENCE in DER
// with nothing after it.
func decryptOldPEM(block *pem.Block, passphrase string) bool {
	if strings.HasPrefix(block.Headers["DEK-Info"], "DES-CBC,") { // neither paramiko nor cryptography reads it
		return false
	}
	//nolint:staticcheck // insecure as the form is, the hooks read it
	der, err := x509.DecryptPEMBlock(block, []byte(passphrase))
	block.Bytes, block.Headers = der, nil
	var key asn1.RawValue
	rest, notDER := asn1.Unmarshal(der, &key)
	return err == nil && notDER == nil && len(rest) == 0 && key.Tag == asn1.TagSequence
}

// pemKey finds the first private key in PEM anywhere in a text, and its kind: the word before
// PRIVATE KEY. A text out of a form may have lost its line breaks, which encoding/pem requires and
// Python does not.
func pemKey(text string) (kind string, block *pem.Block) {
	for {
		_, rest, found := strings.Cut(text, "-----BEGIN ")
		label, body, closed := strings.Cut(rest, "-----")
		if !found || !closed {
			return "", nil
		}
		body, text, found = strings.Cut(body, "-----END "+label+"-----")
		kind, isKey := strings.CutSuffix(label, "PRIVATE KEY")
		switch kind = strings.TrimSpace(kind); {
		case !found:
			return "", nil
		case !isKey || kind != "" && kind != "ENCRYPTED" && kind != "RSA" && kind != "EC" && kind != "OPENSSH":
			continue
		}
		return kind, pemBody(label, body)
	}
}

// pemBody reads what is between the first and the last line; nil if it is not PEM. An empty line
// ends the headers, so an empty line without headers before it is refused.
func pemBody(label, body string) *pem.Block {
	block := &pem.Block{Type: label, Headers: map[string]string{}}
	body = strings.TrimLeft(body, " \t\r\n")
	headers, rest, found := strings.Cut(body, "\n\n")
	if !found {
		headers, rest, found = strings.Cut(body, "\r\n\r\n")
	}
	if found {
		for line := range strings.Lines(headers) {
			name, value, isHeader := strings.Cut(line, ":")
			if !isHeader {
				return nil
			}
			block.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
		body = rest
	}
	var err error
	block.Bytes, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil || len(block.Bytes) == 0 {
		return nil
	}
	return block
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

// maxIterations limits the work on a key that a stranger made.
const maxIterations = 1 << 20

// decryptPKCS8 decrypts a key with PBES2, PBKDF2 and a cipher in CBC mode, which is what
// OpenSSL makes unless told otherwise.
func decryptPKCS8(der []byte, passphrase string) ([]byte, *keyProblem) {
	const instead = "convert it with openssl pkcs8 -topk8 -v2 aes-256-cbc"
	unknown := &keyProblem{rule: "it is encrypted in a way that this package does not read", instead: instead, unsupported: true}
	broken := &keyProblem{rule: "it says that it is encrypted, and is not PKCS #8", instead: instead}
	var key encryptedKey
	var params pbes2Params
	var derivation pbkdf2Params
	var iv []byte
	if !unmarshal(der, &key) {
		return nil, broken
	}
	if key.Algorithm.ID.String() != "1.2.840.113549.1.5.13" ||
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
		return nil, broken
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	return plain, nil // with its padding, which x509 ignores; with a wrong passphrase it is not a key
}

func unmarshal(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}
