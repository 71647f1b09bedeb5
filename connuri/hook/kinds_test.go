package hook_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// otherType is the first of some keys with a value that is true in Python, and neither text
// nor a number: the recording stops before the client that takes text only.
func otherType(o any, keys string) string {
	fields, _ := o.(object)
	for key := range strings.FieldsSeq(keys) {
		v := fields[key]
		_, isNumber := v.(json.Number)
		if isTrue(v) && !isText(v) && !isNumber {
			return key
		}
	}
	return ""
}

// dropFalse drops what is false in Python and not text, where only its truth counts.
func dropFalse(o any, keys string) {
	fields, _ := o.(object)
	for key := range strings.FieldsSeq(keys) {
		if v := fields[key]; v != nil && !isTrue(v) && !isText(v) {
			delete(fields, key)
		}
	}
}

// mayHoldLogin are names of servers and URLs in which a login may stand, which ours refuses.
func mayHoldLogin(o any, keys, marks string) bool {
	fields, _ := o.(object)
	return slices.ContainsFunc(strings.Fields(keys), func(key string) bool {
		text, _ := fields[key].(string)
		return strings.ContainsAny(text, marks)
	})
}

// isKeyText reports whether a text is what should be in a file: PEM or JSON.
func isKeyText(v any) bool {
	text, _ := v.(string)
	start := strings.TrimLeft(text, " \t\r\n")
	return strings.Contains(text, "-----BEGIN") || start != "" && strings.ContainsAny(start[:1], `{["`)
}

// extraKey is a text in the extra of a row.
func extraKey(c connuri.Connection, key string) string {
	var extra object
	_ = json.Unmarshal([]byte(c.Extra.Reveal()), &extra)
	text, _ := extra[key].(string)
	return text
}

// derOf is what a private key in PEM, or in the base64 of PEM, holds.
func derOf(text string) []byte {
	if !strings.Contains(text, "-----BEGIN") {
		decoded, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		text = string(decoded)
	}
	_, body, _ := strings.Cut(text, "-----BEGIN ")
	_, body, _ = strings.Cut(body, "-----")
	body, _, _ = strings.Cut(body, "-----END ")
	der, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body), ""))
	return der
}

// unreadKey is a private key of Snowflake that the hook reads and Go does not.
func unreadKey(c connuri.Connection) string {
	der := derOf(extraKey(c, "private_key_content"))
	for name, oid := range map[string][]byte{
		"scrypt": {0x2b, 6, 1, 4, 1, 0xda, 0x47, 4, 11}, "Ed448": {6, 3, 43, 101, 113}, "secp256k1": {6, 5, 43, 129, 4, 0, 10},
	} {
		if bytes.Contains(der, oid) {
			return "a private key of " + name
		}
	}
	return ""
}

// lockedBy is the cipher of a private key of OpenSSH that paramiko can read with the right
// passphrase: Ed25519 keys by more ciphers than others.
func lockedBy(c connuri.Connection) string {
	text := extraKey(c, "private_key")
	der := derOf(text)
	before, after, _ := strings.Cut(text, "-----BEGIN OPENSSH PRIVATE KEY-----")
	if !strings.HasPrefix(strings.TrimLeft(after, " \t\r"), "\n") || before != "" && (!strings.HasSuffix(before, "\n") || bytes.Contains(der, []byte("ssh-ed25519"))) {
		return "" // paramiko finds no key
	}
	if !bytes.HasPrefix(der, []byte("openssh-key-v1")) || !bytes.Contains(der, []byte("bcrypt")) || extraKey(c, "private_key_passphrase") == "" {
		return ""
	}
	for _, cipher := range []string{"aes256-ctr", "aes256-cbc", "aes128-ctr", "aes192-ctr", "aes128-cbc", "aes192-cbc", "3des-cbc"} {
		if bytes.Contains(der, []byte(cipher)) && (strings.HasPrefix(cipher, "aes256") || bytes.Contains(der, []byte("ssh-ed25519"))) {
			return cipher
		}
	}
	return ""
}
