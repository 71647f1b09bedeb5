package hook

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// CredentialsJSON returns the credentials as JSON together with their type, such as
// service_account, for CredentialsFromJSONWithType of golang.org/x/oauth2/google. Both are zero if
// the credentials are those of the environment; use FindDefaultCredentials then. readFile, such as
// os.ReadFile, reads a file by its path in the connection.
//
// The error is ErrUnsupported for credentials that have to be fetched (key_secret_name and
// idp_issuer_url) and for is_anonymous, which has none. It is an *Error for a key that is not
// valid, and for a key_path that does not end in .json, which the hook refuses. No error holds a
// path.
func (c GoogleCloudConfig) CredentialsJSON(readFile func(path string) ([]byte, error)) (kind string, credentials connuri.Secret, err error) {
	switch {
	case c.Anonymous:
		err = googleUnsupported("is_anonymous", "it is true in Python, so no credentials are used", "use a client without authentication")
	case c.KeyPath != "" && !strings.HasSuffix(c.KeyPath, ".json"):
		err = googleError("key_path", "it does not end in .json, and the hook refuses that", "write the path of a key in JSON")
	case c.KeyPath != "":
		var text []byte
		if text, err = readWith(readFile, c.KeyPath); err != nil {
			return "", connuri.Secret{}, fileError("key", err)
		}
		return googleJSONKey("key_path", string(text))
	case c.KeySecretName != "":
		err = googleUnsupported("key_secret_name", "the key has to be fetched from Google's Secret Manager", "fetch it, and set KeyfileDict in place of KeySecretName")
	case !c.KeyfileDict.IsZero():
		return googleJSONKey("keyfile_dict", c.KeyfileDict.Reveal())
	case c.IDPIssuerURL != "":
		err = googleUnsupported("idp_issuer_url", "a token has to be asked of another identity provider", "give oauth2/google/externalaccount a supplier that asks it")
	case !c.CredentialConfig.IsZero():
		return googleConfiguration(c.CredentialConfig.Reveal())
	case c.CredentialConfigFile != "":
		text, err := readWith(readFile, c.CredentialConfigFile)
		if errors.Is(err, fs.ErrNotExist) { // then it is the configuration, but not one in JSON
			return googleConfiguration("")
		}
		if err != nil {
			return "", connuri.Secret{}, fileError("credential configuration", err)
		}
		return googleConfiguration(string(text))
	}
	return "", connuri.Secret{}, err
}

func googleError(key, rule, instead string) error {
	return &Error{Type: "google_cloud_platform", Field: "extra", Key: key, Rule: rule, Instead: instead}
}

func googleUnsupported(key, rule, instead string) error {
	return &Error{Type: "google_cloud_platform", Field: "extra", Key: key, Rule: rule, Instead: instead, unsupported: true}
}

// googleJSONKey reads the key of a service account. In keyfile_dict, line breaks in
// private_key may be written as \n, two characters.
func googleJSONKey(key, text string) (kind string, credentials connuri.Secret, err error) {
	const instead = "write the JSON that Google makes for the key of a service account"
	v, err := pyjson.Load(text)
	if err != nil || v.Kind != pyjson.Object {
		return "", connuri.Secret{}, googleError(key, "it is not a JSON object", instead)
	}
	members := awsMembers(nil, "", v)
	dst := []byte{'{'}
	for i, name := range members.keys {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(pyjson.AppendString(dst, name), ": "...)
		if value := members.values[name]; name == "private_key" && key == "keyfile_dict" && value.Kind == pyjson.String {
			dst = pyjson.AppendString(dst, strings.ReplaceAll(value.Str(), `\n`, "\n"))
		} else {
			dst = pyjson.AppendDump(dst, value)
		}
	}
	for _, name := range []string{"private_key", "client_email", "token_uri"} {
		if members.values[name].Kind != pyjson.String {
			return "", connuri.Secret{}, googleError(key, "it has no "+name, instead)
		}
	}
	if !plainURLs(v) {
		return "", connuri.Secret{}, googleError(key, "a URL in it, such as its token_uri, is not a plain one and may hold a secret", instead)
	}
	if kind := members.values["type"]; kind.Kind != pyjson.String || kind.Str() != "service_account" {
		return "", connuri.Secret{}, googleError(key, "its type is not service_account", instead)
	}
	return "service_account", connuri.NewSecret(string(append(dst, '}'))), nil
}

// googleConfiguration reads credentials of any type that oauth2/google knows. It refuses another
// type, which oauth2/google would show in its error.
func googleConfiguration(text string) (kind string, credentials connuri.Secret, err error) {
	kinds := []string{"service_account", "authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account"}
	v, err := pyjson.Load(text)
	if err != nil || v.Kind != pyjson.Object {
		return "", connuri.Secret{}, googleError("credential_config_file", "it is neither a file that is there nor a JSON object", "write the path of a configuration, or the configuration")
	}
	members := awsMembers(nil, "", v)
	if kind = members.values["type"].Str(); !slices.Contains(kinds, kind) {
		return "", connuri.Secret{}, googleError("credential_config_file", "its type is not one of Google's", "write a configuration that gcloud makes, such as one of external_account")
	}
	if !plainURLs(v) {
		return "", connuri.Secret{}, googleError("credential_config_file", "a URL in it is not a plain one and may hold a secret", "write scheme, host and path alone")
	}
	return kind, connuri.NewSecret(string(pyjson.AppendDump(nil, v))), nil
}

// plainURLs reports whether every URL in the credentials has neither a login nor a query that may
// hold a secret: the errors of a request show the URL.
func plainURLs(v pyjson.Value) bool {
	plain := true
	switch v.Kind {
	case pyjson.Array:
		list(v, func(element pyjson.Value) bool {
			plain = plain && plainURLs(element)
			return true
		})
	case pyjson.Object:
		_ = pyjson.Members(v.Raw, func(label, value pyjson.Value) error { // it was just read
			name := strings.ToLower(label.Str()) // encoding/json matches names in any case
			isURL := strings.HasSuffix(name, "url") || strings.HasSuffix(name, "uri")
			plain = plain && plainURLs(value) && (!isURL || value.Kind == pyjson.Null || value.Kind == pyjson.String && isPlainURL(value.Str()))
			return nil
		})
	}
	return plain
}

// isPlainURL reports whether text is scheme, host and path. The query may be one that gcloud writes
// for identities of AWS and Azure.
func isPlainURL(text string) bool {
	scheme, rest, _ := strings.Cut(text, "://")
	address, query, _ := strings.Cut(rest, "?")
	host, _, _ := strings.Cut(address, "/") // what follows may name an account
	if scheme != "https" && scheme != "http" || host == "" || strings.Contains(host, "@") || strings.Contains(rest, "#") {
		return false
	}
	for parameter := range strings.SplitSeq(query, "&") {
		switch name, value, _ := strings.Cut(parameter, "="); {
		case parameter == "", name == "Action", name == "Version", name == "api-version":
		case name == "resource" && !strings.ContainsAny(value, "@?"):
		default:
			return false
		}
	}
	return true
}
