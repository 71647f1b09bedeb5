package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// GoogleCloudConfig holds the settings from which GoogleBaseHook makes its credentials. Without
// any of KeyPath, KeyfileDict, CredentialConfig, CredentialConfigFile, KeySecretName and
// Anonymous they are the environment's own (Application Default Credentials). At most one of
// those is set.
type GoogleCloudConfig struct {
	Project      string   // extra project; "" is that of the credentials
	QuotaProject string   // extra quota_project_id: the project that pays, 6 to 30 characters; not read with Anonymous
	NumRetries   int      // extra num_retries: how often a request is repeated; default 5
	Scopes       []string // extra scope, split at its commas; default https://www.googleapis.com/auth/cloud-platform

	KeyPath              string        // extra key_path: of a service account's key, .json
	KeyfileDict          connuri.Extra // extra keyfile_dict: the key itself, an object or the text of one
	CredentialConfig     connuri.Extra // extra credential_config_file, if it is an object or the text of one: a configuration such as external_account
	CredentialConfigFile string        // extra credential_config_file, if it is any other text: the path of one
	KeySecretName        string        // extra key_secret_name: the secret of Google's Secret Manager that holds the key
	KeySecretProject     string        // extra key_secret_project_id: whose secret it is; "" is the project of the environment's own credentials
	Anonymous            bool          // extra is_anonymous: no credentials at all, whatever else there is; the text false is true

	// The accounts to act as. The credentials act as the first of Delegates, that one as the next,
	// and the last one as TargetPrincipal. "" means no impersonation.
	TargetPrincipal string   // the last of extra impersonation_chain
	Delegates       []string // the others of it, in their order

	// Where to get the token for CredentialConfig, if another identity provider issues it. The
	// fields below do not count without IDPIssuerURL, or with a key.
	IDPIssuerURL   string         // extra idp_issuer_url
	ClientID       string         // extra client_id
	ClientSecret   connuri.Secret // extra client_secret
	IDPExtraParams connuri.Extra  // extra idp_extra_params: JSON as text; the hook reads it, and does not use it
}

// defaultGoogleScope is what the hook asks for unless told otherwise.
const defaultGoogleScope = "https://www.googleapis.com/auth/cloud-platform"

// GoogleCloud reads a connection as GoogleBaseHook (apache-airflow-providers-google) does.
// Everything is in the extra, where each key may also have extra__google_cloud_platform__ before
// it. The short name takes precedence, even if it is empty. No field of the connection is read.
//
// The error is an *Error for what the hook refuses: more than one way to authenticate, a
// keyfile_dict or idp_extra_params that is not JSON, a num_retries that is not a number, an invalid
// quota_project_id, and values of the wrong type. A key in place of its path is an *Error too.
// Nothing is ErrUnsupported: CredentialsJSON says what oauth2/google cannot do.
func GoogleCloud(c connuri.Connection) (GoogleCloudConfig, error) {
	return settled(googleCloudConfig(c))
}

func googleCloudConfig(c connuri.Connection) (GoogleCloudConfig, error) {
	var config GoogleCloudConfig
	r, err := read("google_cloud_platform", c)
	if err != nil {
		return config, err
	}
	for _, step := range []func(*GoogleCloudConfig) error{
		r.googleTexts, r.googleKey, r.googleChain, r.googleIDP, r.googleQuota, r.googleRetries,
	} {
		if err := step(&config); err != nil {
			return config, err
		}
	}
	return config, r.end()
}

func (r *reader) googleTexts(config *GoogleCloudConfig) (err error) {
	if config.Project, err = r.field("project"); err != nil {
		return err
	}
	config.Scopes = []string{defaultGoogleScope}
	scope, err := r.onlyText("scope")
	if scope != "" {
		config.Scopes = splitAtCommas(scope)
	}
	return err
}

// splitAtCommas splits at commas, and strips the spaces around each part.
func splitAtCommas(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = pystr.Strip(parts[i])
	}
	return parts
}

// googleKey reads the credentials. Only one kind may be given.
func (r *reader) googleKey(config *GoogleCloudConfig) (err error) {
	if config.KeyPath, err = r.field("key_path"); err != nil {
		return err
	}
	if isGoogleKey(config.KeyPath) {
		return r.bad("extra", "key_path", "it is a key, and not the path of one", "write it into keyfile_dict")
	}
	if config.KeyfileDict, err = r.googleJSON("keyfile_dict", true); err != nil {
		return err
	}
	if err := r.googleConfigFile(config); err != nil {
		return err
	}
	if config.KeySecretName, err = r.field("key_secret_name"); err != nil {
		return err
	}
	if config.KeySecretProject, err = r.field("key_secret_project_id"); err != nil {
		return err
	}
	if isGoogleKey(config.KeySecretName) {
		return r.bad("extra", "key_secret_name", "it is a key, and not the name of the secret that holds it", "write it into keyfile_dict")
	}
	anonymous, given := r.fieldValue("is_anonymous")
	config.Anonymous = given && anonymous.Truthy()
	ways, last := 0, ""
	for _, way := range []struct {
		key   string
		given bool
	}{
		{"key_path", config.KeyPath != ""}, {"keyfile_dict", !config.KeyfileDict.IsZero()},
		{"credential_config_file", config.CredentialConfigFile != "" || !config.CredentialConfig.IsZero()},
		{"key_secret_name", config.KeySecretName != ""}, {"is_anonymous", config.Anonymous},
	} {
		if way.given {
			ways, last = ways+1, way.key
		}
	}
	if ways > 1 {
		return r.bad("extra", last, "there is another way to authenticate as well",
			"write one of key_path, keyfile_dict, credential_config_file, key_secret_name and is_anonymous; every text in is_anonymous counts, false too")
	}
	return nil
}

// isGoogleKey reports whether text that should be a path or a name is the key itself: PEM, or the
// JSON of an object, a list or a text.
func isGoogleKey(path string) bool {
	start := pystr.StripLeft(path)
	return start != "" && strings.ContainsAny(start[:1], `{["`) || strings.Contains(path, "-----BEGIN")
}

// googleConfigFile reads credential_config_file. Text is a path if there is such a file, otherwise
// a configuration.
func (r *reader) googleConfigFile(config *GoogleCloudConfig) error {
	v, given := r.fieldValue("credential_config_file")
	if !given || !v.Truthy() {
		return nil
	}
	if v.Kind == pyjson.Object {
		config.CredentialConfig = dump(v)
		return nil
	}
	text, err := r.asText("credential_config_file", v)
	if isGoogleKey(text) {
		config.CredentialConfig = connuri.RawExtra(text)
		return err
	}
	config.CredentialConfigFile = text
	return err
}

// googleJSON returns JSON given as text or, if the hook accepts it, as an object; zero if it is
// false in Python.
func (r *reader) googleJSON(key string, orObject bool) (connuri.Extra, error) {
	v, given := r.fieldValue(key)
	if !given || !v.Truthy() || orObject && v.Kind == pyjson.Object {
		return dump(v), nil
	}
	if v.Kind != pyjson.String {
		return connuri.Extra{}, r.bad("extra", key, "it is not text", "write JSON as text")
	}
	inner, err := pyjson.Load(v.Str())
	if err != nil {
		return connuri.Extra{}, r.bad("extra", key, "it is text that is not JSON", "write a JSON object")
	}
	return dump(inner), nil
}

// googleChain reads the accounts to act as. Text is split at commas; the last of a list is the
// target.
func (r *reader) googleChain(config *GoogleCloudConfig) error {
	v, given := r.fieldValue("impersonation_chain")
	const instead = "write accounts with commas between them, or a list of them"
	var chain []string
	switch {
	case !given || !v.Truthy():
		return nil
	case v.Kind == pyjson.String:
		chain = []string{v.Str()}
		if strings.Contains(chain[0], ",") {
			chain = splitAtCommas(chain[0])
		}
	case !list(v, func(account pyjson.Value) bool {
		chain = append(chain, account.Str())
		return account.Kind == pyjson.String
	}):
		return r.bad("extra", "impersonation_chain", "it is neither text nor a list of texts", instead)
	}
	last := len(chain) - 1
	config.TargetPrincipal, config.Delegates = chain[last], chain[:last]
	return nil
}

func (r *reader) googleIDP(config *GoogleCloudConfig) (err error) {
	if config.IDPIssuerURL, err = r.field("idp_issuer_url"); err != nil {
		return err
	}
	if strings.ContainsAny(config.IDPIssuerURL, "@?#") {
		return r.bad("extra", "idp_issuer_url", "it is not a plain URL, and may hold a secret", "write scheme, host and path alone")
	}
	if config.ClientID, err = r.field("client_id"); err != nil {
		return err
	}
	secret, err := r.field("client_secret")
	if err != nil {
		return err
	}
	config.ClientSecret = secretOf(secret)
	config.IDPExtraParams, err = r.googleJSON("idp_extra_params", false)
	return err
}

// googleQuota reads quota_project_id, which does not apply to anonymous access.
func (r *reader) googleQuota(config *GoogleCloudConfig) error {
	project, err := r.onlyText("quota_project_id")
	if err != nil || project == "" || config.Anonymous {
		if config.Anonymous {
			err = nil
		}
		return err
	}
	config.QuotaProject = project
	id := strings.TrimSuffix(project, "\n") // Python's $ also matches before it
	const letters, others = "abcdefghijklmnopqrstuvwxyz", "0123456789-"
	stray := func(c rune) bool { return !strings.ContainsRune(letters+others, c) }
	if len(id) < 6 || len(id) > 30 || strings.ContainsFunc(id, stray) || !strings.Contains(letters, id[:1]) || strings.HasSuffix(id, "-") {
		return r.bad("extra", "quota_project_id", "it cannot be the id of a project", "write 6 to 30 lower-case letters, digits and hyphens, a letter first and no hyphen last")
	}
	return nil
}

func (r *reader) googleRetries(config *GoogleCloudConfig) (err error) {
	v, given := r.fieldValue("num_retries")
	if !given || v.Kind == pyjson.String && pystr.Strip(v.Str()) == "" {
		config.NumRetries = 5
		return nil
	}
	config.NumRetries, err = r.wholeOf("num_retries", v)
	return err
}
