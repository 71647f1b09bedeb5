package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// pathKeys are the extras of each hook that hold the paths of keys and certificates. The
// settings print them.
var pathKeys = map[string]string{
	"postgres":              "sslcert sslkey sslrootcert sslcrl sslcrldir passfile service servicefile",
	"mysql":                 "ssl ssl_ca ssl_cert ssl_key unix_socket",
	"redis":                 "ssl_ca_certs ssl_certfile ssl_keyfile",
	"http":                  "verify verify_ssl cert",
	"aws":                   "verify",
	"kafka":                 "ssl.ca.location ssl.certificate.location ssl.key.location ssl.keystore.location ssl.crl.location ssl.engine.location sasl.kerberos.keytab",
	"mongo":                 "tlscafile tlscertificatekeyfile tlscrlfile",
	"ssh":                   "key_file",
	"snowflake":             "private_key_file token_file_path",
	"google_cloud_platform": "key_path",
}

// keyPlaces says where a key belongs that stands in place of its path.
var keyPlaces = map[string]string{
	"key_file": "write the key as private_key", "private_key_file": "write it into private_key_content",
	"key_path": "write it into keyfile_dict", "ssl.key.location": "write it as ssl.key.pem",
}

// keyInPath refuses a key or a certificate in PEM form where its path belongs.
func (r *reader) keyInPath() error {
	for _, key := range r.keys {
		name := strings.TrimPrefix(key, "extra__"+r.hook+"__")
		known := name
		if r.hook == "mongo" { // which reads names in any case
			known = strings.ToLower(name)
		}
		if !conntype.Has(pathKeys[r.hook], known) || !holdsPEM(r.extra[key]) {
			continue
		}
		instead := keyPlaces[name]
		if instead == "" {
			instead = "write the path of its file"
		}
		return r.bad("extra", name, "it holds a key or a certificate, and should hold the path of one", instead)
	}
	return nil
}

// holdsPEM reports whether a value is PEM, or holds it.
func holdsPEM(v pyjson.Value) bool {
	const mark = "-----BEGIN"
	return strings.Contains(v.Raw, mark) || v.Kind == pyjson.String && strings.Contains(v.Str(), mark)
}
