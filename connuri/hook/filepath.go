package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// pathKeys are the extras of each hook that hold the paths of keys and certificates. The
// settings print them.
func pathKeys(hook string) string {
	switch hook {
	case "postgres":
		return "sslcert sslkey sslrootcert sslcrl sslcrldir passfile service servicefile"
	case "mysql":
		return "ssl ssl_ca ssl_cert ssl_key unix_socket"
	case "redis":
		return "ssl_ca_certs ssl_certfile ssl_keyfile"
	case "http":
		return "verify verify_ssl cert"
	case "aws":
		return "verify"
	case "kafka":
		return "ssl.ca.location ssl.certificate.location ssl.key.location ssl.keystore.location ssl.crl.location ssl.engine.location sasl.kerberos.keytab"
	case "mongo":
		return "tlscafile tlscertificatekeyfile tlscrlfile"
	case "ssh":
		return "key_file"
	case "snowflake":
		return "private_key_file token_file_path"
	case "google_cloud_platform":
		return "key_path"
	}
	return ""
}

// keyPlace says where a key belongs that was written in place of its path.
func keyPlace(key string) string {
	switch key {
	case "key_file":
		return "write the key as private_key"
	case "private_key_file":
		return "write it into private_key_content"
	case "key_path":
		return "write it into keyfile_dict"
	case "ssl.key.location":
		return "write it as ssl.key.pem"
	}
	return "write the path of its file"
}

// keyInPath refuses a key or a certificate in PEM form where its path belongs.
func (r *reader) keyInPath() error {
	for _, key := range r.keys {
		name := strings.TrimPrefix(key, "extra__"+r.hook+"__")
		known := name
		if r.hook == "mongo" { // which reads names in any case
			known = strings.ToLower(name)
		}
		if !conntype.Has(pathKeys(r.hook), known) || !holdsPEM(r.extra[key]) {
			continue
		}
		return r.bad("extra", name, "it holds a key or a certificate, and should hold the path of one", keyPlace(name))
	}
	return nil
}

// holdsPEM reports whether a value is PEM, or holds it.
func holdsPEM(v pyjson.Value) bool {
	const mark = "-----BEGIN"
	return strings.Contains(v.Raw, mark) || v.Kind == pyjson.String && strings.Contains(v.Str(), mark)
}
