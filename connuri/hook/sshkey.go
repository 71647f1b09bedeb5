package hook

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// sshKey is a private key as paramiko reads it.
type sshKey struct {
	pem       string
	public    string // TYPE BASE64
	encrypted bool   // pem is, in OpenSSH's form
}

// sshKey reads a private key. It decrypts PEM's old form here; only clients can decrypt OpenSSH's.
func (r *reader) sshKey(text, passphrase string) (key sshKey, err error) {
	block, start := sshPEM(text)
	switch {
	case block != nil:
	case !strings.Contains(text, "\n") && strings.Contains(text, `\n`):
		return key, r.bad("extra", "private_key", `its line breaks are written as \n, two characters`, `write real line breaks, which in JSON are \n with one backslash`)
	default:
		return key, r.bad("extra", "private_key", "it is not RSA, EC or OPENSSH PRIVATE KEY in PEM form, its first and last line alone on theirs",
			"write the whole file that ssh-keygen made, with its line breaks; ssh-keygen -p converts others")
	}
	if block.Type == "OPENSSH PRIVATE KEY" {
		key, err = r.openSSHKey(block.Bytes, passphrase != "")
	} else {
		key.public, err = r.oldSSHKey(block, passphrase)
	}
	if err == nil && start > 0 && (block.Type != "OPENSSH PRIVATE KEY" || strings.HasPrefix(key.public, "ssh-ed25519 ")) {
		return key, r.bad("extra", "private_key", "there is text before its first line, which paramiko takes for part of the key", "begin with -----BEGIN")
	}
	key.pem = string(pem.EncodeToMemory(block))
	return key, err
}

// sshPEM is PKey._read_private_key: the first block of a kind that paramiko knows, and the
// line it starts in; nil if there is none. It reads more than encoding/pem, which clients use.
func sshPEM(text string) (block *pem.Block, start int) {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \t\n\r\f\v"))
	}
	find := func(from int, word string) (at int, kind string) {
		for i := from; i < len(lines); i++ {
			for _, kind := range [...]string{"RSA", "EC", "OPENSSH"} {
				if lines[i] == "-----"+word+" "+kind+" PRIVATE KEY-----" {
					return i, kind
				}
			}
		}
		return len(lines) - 1, ""
	}
	start, kind := find(0, "BEGIN")
	if kind == "" {
		return nil, 0
	}
	end, _ := find(start+1, "END")
	block = &pem.Block{Type: kind + " PRIVATE KEY", Headers: map[string]string{}}
	body := lines[start+1 : max(end, start+1)]
	for kind != "OPENSSH" && len(body) > 0 {
		name, value, isHeader := strings.Cut(body[0], ": ")
		if !isHeader {
			break
		}
		block.Headers[name] = value
		body = body[1:]
	}
	var ok bool
	block.Bytes, ok = pythonBase64(strings.Join(body, ""))
	if !ok {
		return nil, 0
	}
	return block, start
}

// oldSSHKey reads and decrypts a key in PEM's old form.
func (r *reader) oldSSHKey(block *pem.Block, passphrase string) (public string, err error) {
	if block.Headers["Proc-Type"] != "" {
		if passphrase == "" {
			return "", r.sshLocked()
		}
		if !decryptOldPEM(block, passphrase) {
			return "", r.bad("extra", "private_key_passphrase", "it does not decrypt the private_key", "write the passphrase of this key")
		}
	}
	block.Headers = nil
	var blob []byte
	if block.Type == "RSA PRIVATE KEY" {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			blob = sshBlob([]byte("ssh-rsa"), mpint(big.NewInt(int64(key.E))), mpint(key.N))
		}
	} else if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		blob = ecdsaBlob(&key.PublicKey)
	}
	public, ok := sshPublicKey(blob)
	if !ok {
		return "", r.bad("extra", "private_key", "it is in PEM form, but not a key that paramiko can use", "write the whole file that ssh-keygen made")
	}
	return public, nil
}

func (r *reader) sshLocked() error {
	return r.bad("extra", "private_key", "it is encrypted, and private_key_passphrase is missing or not text", "write private_key_passphrase as well, in quotes")
}

func ecdsaBlob(key *ecdsa.PublicKey) []byte {
	point, err := key.Bytes()
	if err != nil {
		return nil
	}
	curve := "nistp" + strings.TrimPrefix(key.Params().Name, "P-")
	return sshBlob([]byte("ecdsa-sha2-"+curve), []byte(curve), point)
}

// openSSHKey reads a key in OpenSSH's own form, PROTOCOL.key.
func (r *reader) openSSHKey(data []byte, hasPassphrase bool) (key sshKey, err error) {
	const magic = "openssh-key-v1\x00"
	bad := r.bad("extra", "private_key", "it is OPENSSH PRIVATE KEY, but not a key that paramiko can use", "write the whole file that ssh-keygen made")
	rest, ok := strings.CutPrefix(string(data), magic)
	if !ok {
		return key, bad
	}
	w := wire{rest: []byte(rest)}
	cipher, kdf := string(w.bytes()), string(w.bytes())
	w.bytes() // of the kdf
	keys := w.uint32()
	blob, private := w.bytes(), wire{rest: w.bytes()}
	switch {
	case w.short || keys != 1:
		return key, bad
	case cipher == "none" && kdf == "none":
		if blob = private.openSSHPublic(); private.short {
			return key, bad
		}
	case kdf != "bcrypt":
		return key, bad
	case !hasPassphrase:
		return key, r.sshLocked()
	default:
		key.encrypted = true
		if cipher == "aes256-ctr" || cipher == "aes256-cbc" {
			break
		}
		const instead = "encrypt it with aes256-ctr, as ssh-keygen -p does"
		kind := string((&wire{rest: blob}).bytes())
		if kind != "ssh-ed25519" || strings.HasSuffix(cipher, "@openssh.com") {
			return key, r.bad("extra", "private_key", "it is encrypted with a cipher that paramiko does not read", instead)
		}
		r.refuse("extra", "private_key", "it is encrypted with a cipher that no Go client reads", instead)
	}
	if key.public, ok = sshPublicKey(blob); !ok {
		return key, bad
	}
	return key, nil
}

// wire reads what SSH writes (RFC 4251, section 5).
type wire struct {
	rest  []byte
	short bool // something was missing or malformed
}

func (w *wire) uint32() uint32 {
	if len(w.rest) < 4 {
		w.rest, w.short = nil, true
		return 0
	}
	n := binary.BigEndian.Uint32(w.rest)
	w.rest = w.rest[4:]
	return n
}

func (w *wire) bytes() []byte {
	n := w.uint32()
	if uint64(n) > uint64(len(w.rest)) {
		w.rest, w.short = nil, true
		return nil
	}
	b := w.rest[:n]
	w.rest = w.rest[n:]
	return b
}

// openSSHPublic reads the private half of a key, and returns the public key that is in it.
func (w *wire) openSSHPublic() []byte {
	one, other := w.uint32(), w.uint32()
	w.short = w.short || one != other // it was not decrypted correctly
	kind := w.bytes()
	first, second := w.bytes(), w.bytes()
	switch string(kind) {
	case "ssh-rsa":
		return sshBlob(kind, second, first) // n and e, in reverse order here
	case "ssh-ed25519":
		return sshBlob(kind, first)
	}
	return sshBlob(kind, first, second)
}

// sshPublicKey returns a public key as TYPE BASE64; ok is true if paramiko and Go clients can use
// it. What follows the key is dropped, as in paramiko.
func sshPublicKey(blob []byte) (text string, ok bool) {
	w := wire{rest: blob}
	kind := string(w.bytes())
	switch kind {
	case "ssh-rsa":
		eBytes, nBytes := w.bytes(), w.bytes()
		e, n := new(big.Int).SetBytes(eBytes), new(big.Int).SetBytes(nBytes)
		isNegative := len(nBytes) > 0 && nBytes[0] >= 0x80 || len(eBytes) > 0 && eBytes[0] >= 0x80
		ok = !isNegative && e.IsInt64() && e.Int64() >= 3 && e.Bit(0) == 1 && n.Cmp(e) > 0
		blob = sshBlob([]byte(kind), mpint(e), mpint(n))
	case "ssh-ed25519":
		key := w.bytes()
		ok = len(key) == 32
		blob = sshBlob([]byte(kind), key)
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
		curves := map[string]elliptic.Curve{"nistp256": elliptic.P256(), "nistp384": elliptic.P384(), "nistp521": elliptic.P521()}
		curve, point := string(w.bytes()), w.bytes()
		if curves[curve] == nil || kind != "ecdsa-sha2-"+curve {
			return "", false
		}
		_, err := ecdsa.ParseUncompressedPublicKey(curves[curve], point)
		ok = err == nil
		blob = sshBlob([]byte(kind), []byte(curve), point)
	}
	return kind + " " + base64.StdEncoding.EncodeToString(blob), ok && !w.short
}

// sshBlob writes the fields of a public key.
func sshBlob(fields ...[]byte) (blob []byte) {
	for _, field := range fields {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(field)))
		blob = append(blob, field...)
	}
	return blob
}

// mpint writes a number that is not negative.
func mpint(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

// sshECDSA are the types that the hook treats as ECDSA keys, of any curve.
const sshECDSA = "ssh-ecdsa ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521"

// sshHostKey reads host_key: TYPE BASE64, or BASE64 of an RSA key.
func sshHostKey(text string) (key, fault string) {
	words := strings.FieldsFunc(text, pystr.IsSpace)
	kind, encoded := "", strings.Join(words, "")
	if len(words) >= 2 {
		kind, encoded = words[0], words[1]
	}
	isECDSA := func(kind string) bool { return conntype.Has(sshECDSA, kind) }
	known := func(kind string) bool { return kind == "ssh-rsa" || kind == "ssh-ed25519" || isECDSA(kind) }
	switch {
	case kind == "ssh-dss" || encoded == "ssh-dss":
		return "", "DSA keys are not supported"
	case kind == "" && known(encoded):
		return "", "it is a type without a key"
	case kind != "" && !known(kind):
		return "", "it does not begin with a type of keys that the hook knows"
	}
	blob, ok := pythonBase64(encoded)
	if ok {
		key, ok = sshPublicKey(blob)
	}
	actual, _, _ := strings.Cut(key, " ")
	switch {
	case !ok:
		return "", "its BASE64 is not a key"
	case kind == "" && actual != "ssh-rsa":
		return "", "it has no type, so the hook takes it for RSA, which it is not"
	case kind != "" && kind != actual && (!isECDSA(kind) || !isECDSA(actual)):
		return "", "its key is of another type than it says"
	}
	return key, ""
}
