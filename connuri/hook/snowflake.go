package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// SnowflakeConfig holds the settings that SnowflakeHook gives to snowflake-connector-python. DSN
// turns them into a DSN for gosnowflake.
type SnowflakeConfig struct {
	Account   string // extra account, such as acme-prod
	Region    string // extra region; "" is that of the account
	Database  string // extra database
	Schema    string // schema
	Warehouse string // extra warehouse
	Role      string // extra role; "" is the user's default role

	Host string // extra host, never that of the connection; "" follows from Account and Region
	Port int    // extra port, never that of the connection; 0 is the driver's 443

	// Authenticator says how to log in, as the extra has it: snowflake (by password, the default),
	// oauth, externalbrowser, SNOWFLAKE_JWT, WORKLOAD_IDENTITY, programmatic_access_token, or the
	// URL of an Okta account. With a refresh token it is always oauth. With a private key the
	// driver logs in by that key.
	Authenticator string
	User          string         // login; "" with oauth
	Password      connuri.Secret // password; zero with oauth or a private key

	PrivateKey     connuri.Secret // extra private_key_content as PKCS #8, DER, decrypted; as it is written if this package does not read it
	PrivateKeyFile string         // extra private_key_file: the path of one in PEM, which Key reads
	Passphrase     connuri.Secret // of PrivateKeyFile, or of a PrivateKey that this package does not read: password, without the spaces around it

	// Token is the extra token or, with programmatic_access_token, the password. With oauth it is
	// not set: request one as OAuth says, and set it.
	Token                    connuri.Secret
	TokenFile                string                 // extra token_file_path
	WorkloadIdentityProvider string                 // extra workload_identity_provider: AWS, AZURE, GCP or OIDC; without it the extras token and token_file_path do not count
	OAuth                    *SnowflakeTokenRequest // nil unless Authenticator is oauth
	GrantType                string                 // extra grant_type; decides nothing without OAuth

	SessionParameters connuri.Extra // extra session_parameters as it is written; zero if it is empty
	InsecureMode      bool          // extra insecure_mode: revoked certificates are accepted
	OCSPFailClosed    bool          // extra ocsp_fail_open is false: a certificate whose revocation cannot be checked is refused

	ProxyHost     string         // extra proxy_host; "" means only the proxy of the environment
	ProxyPort     int            // extra proxy_port
	ProxyUser     string         // extra proxy_user
	ProxyPassword connuri.Secret // extra proxy_password
}

// SnowflakeTokenRequest is the hook's request for an access token: a POST of a form to URL with
// grant_type, redirect_uri, scope, and refresh_token or username and password, with ClientID and
// ClientSecret as basic authentication. The answer is JSON with the token as access_token. This
// package makes no request itself.
type SnowflakeTokenRequest struct {
	URL          string         // extra token_endpoint, or the account's own
	GrantType    string         // extra grant_type: refresh_token (the default with a RefreshToken), client_credentials or password
	RedirectURI  string         // redirect_uri: https://localhost.com
	Scope        string         // extra scope; "" is not sent
	RefreshToken connuri.Secret // extra refresh_token; sent for refresh_token alone
	Username     string         // extra oauth_username, for password
	Password     connuri.Secret // extra oauth_password, for password
	ClientID     string         // login
	ClientSecret connuri.Secret // password

	// AzureConnID is the extra azure_conn_id: the token is that of an Azure connection, for the
	// scope api://snowflake_oauth_server/.default, and all fields above but RefreshToken are empty.
	AzureConnID string
}

// Snowflake reads a connection as SnowflakeHook (apache-airflow-providers-snowflake) does: login,
// password and schema, and everything else from the extra. Most keys of the extra may also have
// extra__snowflake__ before them; the short name takes precedence. Host and port of the connection
// are ignored.
//
// private_key_content is PEM (PKCS #8, PKCS #1 or SEC 1), or the base64 of it, and the password is
// its passphrase. Keys may be encrypted as PKCS #8 with PBES2, as openssl pkcs8 -topk8 does: PBKDF2
// and AES or triple DES in CBC mode; or in PEM's old form with AES or triple DES. OpenSSH's own
// form is refused, as in the hook.
//
// The error is an *Error for what the hook refuses: two private keys, a key that cannot be read, a
// password together with a key that is not encrypted, oauth without a grant_type or the settings
// that it requires, and an account that does not fit into the URL for the token. A host, account or
// URL in which a login may be hidden, with an @ or a question mark, is an *Error too.
//
// These are ErrUnsupported and come with the complete settings: no account, session_parameters that
// are not an object, and private keys that the hook reads and this package does not, such as Ed448
// and secp256k1 keys and keys encrypted with scrypt.
func Snowflake(c connuri.Connection) (SnowflakeConfig, error) {
	return settled(snowflakeConfig(c))
}

func snowflakeConfig(c connuri.Connection) (SnowflakeConfig, error) {
	config := SnowflakeConfig{User: c.Login, Password: secretOf(c.Password.Reveal()), Schema: c.Schema}
	r, err := read("snowflake", c)
	if err != nil {
		return config, err
	}
	for _, step := range []func(*SnowflakeConfig) error{
		r.snowflakeTexts, r.snowflakeSession, r.snowflakeKey, r.snowflakeLogin, r.snowflakeAddress,
	} {
		if err := step(&config); err != nil {
			return config, err
		}
	}
	return config, r.end()
}

// snowflakeTexts reads the settings that go to the connector as they are.
func (r *reader) snowflakeTexts(config *SnowflakeConfig) error {
	for _, of := range []struct {
		key string
		to  *string
	}{
		{"account", &config.Account}, {"region", &config.Region}, {"database", &config.Database},
		{"warehouse", &config.Warehouse}, {"role", &config.Role}, {"grant_type", &config.GrantType},
		{"workload_identity_provider", &config.WorkloadIdentityProvider},
		{"proxy_host", &config.ProxyHost}, {"proxy_user", &config.ProxyUser},
	} {
		var err error
		if *of.to, err = r.field(of.key); err != nil {
			return err
		}
		isName := of.key == "account" || of.key == "region"
		if isName && strings.Contains(*of.to, ":") {
			return r.bad("extra", of.key, "it has a colon, so a login may stand after it", "write the name alone, and the login into login and password")
		}
		if isName || of.key == "proxy_host" {
			if err := r.oneServer("extra", of.key, *of.to); err != nil {
				return err
			}
		}
	}
	if config.Account == "" {
		r.refuse("extra", "account", "it is missing, and the driver refuses that", "write the name of the account, such as acme-prod")
	}
	password, err := r.field("proxy_password")
	config.ProxyPassword = secretOf(password)
	return err
}

// snowflakeSession reads session_parameters and how revoked certificates are treated.
func (r *reader) snowflakeSession(config *SnowflakeConfig) error {
	if v, given := r.get("session_parameters"); given && v.Truthy() {
		config.SessionParameters = dump(v)
		if v.Kind != pyjson.Object {
			r.refuse("extra", "session_parameters", "it is not an object, as nothing out of a URI is", `write {"NAME": VALUE}, in a URI inside __extra__`)
		}
	}
	insecure, given := r.fieldValue("insecure_mode")
	config.InsecureMode = given && isTrueToSnowflake(insecure)
	if failOpen, given := r.get("ocsp_fail_open"); given {
		config.OCSPFailClosed = !isTrueToSnowflake(failOpen)
	}
	return nil
}

// isTrueToSnowflake is _try_to_boolean: text by its words, all else by Python's truth.
func isTrueToSnowflake(v pyjson.Value) bool {
	if v.Kind == pyjson.String {
		return isTrueWord(v.Str())
	}
	return v.Truthy()
}

// snowflakeKey is SnowflakeHook.get_private_key, except that it does not read the file.
func (r *reader) snowflakeKey(config *SnowflakeConfig) error {
	content, err := r.onlyText("private_key_content")
	if err != nil {
		return err
	}
	if config.PrivateKeyFile, err = r.onlyText("private_key_file"); err != nil {
		return err
	}
	passphrase, hasPassphrase := "", config.Password.Reveal() != ""
	if hasPassphrase {
		passphrase = pystr.Strip(config.Password.Reveal())
	}
	switch {
	case content != "" && config.PrivateKeyFile != "":
		return r.bad("extra", "private_key_content", "there is a private_key_file as well", "write one of them")
	case config.PrivateKeyFile != "":
		if config.Password = (connuri.Secret{}); hasPassphrase {
			config.Passphrase = connuri.NewSecret(passphrase)
		}
		return nil
	case content == "":
		return nil
	}
	der, problem := pkcs8OfContent(content, passphrase, hasPassphrase)
	if problem != nil && problem.unsupported {
		r.refuse("extra", "private_key_content", problem.rule, problem.instead)
		der, problem = []byte(content), nil
		if hasPassphrase {
			config.Passphrase = connuri.NewSecret(passphrase)
		}
	}
	if problem != nil {
		return r.bad("extra", "private_key_content", problem.rule, problem.instead)
	}
	if der != nil {
		config.PrivateKey, config.Password = connuri.NewSecret(string(der)), connuri.Secret{}
	}
	return nil
}

// snowflakeLogin reads the authenticator and what belongs to it.
func (r *reader) snowflakeLogin(config *SnowflakeConfig) error {
	config.Authenticator = "snowflake"
	if v, given := r.extra["authenticator"]; given {
		var err error
		if config.Authenticator, err = r.asText("authenticator", v); err != nil {
			return err
		}
	}
	if strings.ContainsAny(config.Authenticator, "@?#") {
		return r.bad("extra", "authenticator", "it is not a plain word or URL, and may hold a secret", "write scheme and host alone")
	}
	if config.WorkloadIdentityProvider != "" {
		token, err := r.field("token")
		if err != nil {
			return err
		}
		config.Token = secretOf(token)
		if config.TokenFile, err = r.field("token_file_path"); err != nil {
			return err
		}
	}
	refresh, err := r.field("refresh_token")
	if err != nil {
		return err
	}
	if refresh != "" {
		config.Authenticator = "oauth"
		if config.GrantType == "" {
			config.GrantType = "refresh_token"
		}
	}
	switch {
	case config.Authenticator == "oauth":
		config.OAuth = &SnowflakeTokenRequest{GrantType: config.GrantType, RefreshToken: secretOf(refresh)}
		config.User, config.Password, config.Token = "", connuri.Secret{}, connuri.Secret{}
		return r.snowflakeOAuth(config.OAuth, config.Account)
	case config.Authenticator == "programmatic_access_token" && !config.Password.IsZero():
		config.Token = config.Password
	}
	return nil
}

// snowflakeOAuth makes the hook's request for an access token.
func (r *reader) snowflakeOAuth(t *SnowflakeTokenRequest, account string) (err error) {
	if v, given := r.get("azure_conn_id"); given && v.Truthy() {
		t.GrantType = ""
		t.AzureConnID, err = r.asText("azure_conn_id", v)
		return err
	}
	t.ClientID, t.ClientSecret, t.RedirectURI = r.c.Login, secretOf(r.c.Password.Reveal()), "https://localhost.com"
	if t.URL, err = r.field("token_endpoint"); err != nil {
		return err
	}
	if t.Scope, err = r.field("scope"); err != nil {
		return err
	}
	switch t.GrantType {
	case "refresh_token":
		if t.RefreshToken.IsZero() {
			return r.bad("extra", "refresh_token", "it is missing, and grant_type requires it", "write the refresh token")
		}
	case "password":
		var password string
		if t.Username, err = r.field("oauth_username"); err != nil {
			return err
		}
		if password, err = r.field("oauth_password"); err != nil {
			return err
		}
		t.Password = secretOf(password)
		if t.Username == "" || password == "" || t.URL == "" {
			return r.bad("extra", "oauth_username", "grant_type password takes oauth_username, oauth_password and token_endpoint", "write all three")
		}
	case "client_credentials":
	default:
		return r.bad("extra", "grant_type", "the authenticator is oauth, and the hook does not know this word", "write refresh_token, client_credentials or password")
	}
	switch {
	case strings.ContainsAny(t.URL, "@?#"):
		return r.bad("extra", "token_endpoint", "it is not a plain URL, and may hold a secret", "write scheme, host and path alone")
	case t.URL == "" && !isSnowflakeName(account):
		return r.bad("extra", "account", "it has a character that would change the host the token is asked of", "write letters, digits, dots, hyphens and underscores")
	case t.URL == "":
		t.URL = "https://" + account + ".snowflakecomputing.com/oauth/token-request"
	}
	return nil
}

// isSnowflakeName reports whether an account or a region may be part of a host name.
func isSnowflakeName(name string) bool {
	const in = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool { return !strings.ContainsRune(in, c) })
}

// snowflakeAddress reads a host and a port that replace the account's, and the port of the proxy.
func (r *reader) snowflakeAddress(config *SnowflakeConfig) (err error) {
	if v, given := r.get("host"); given && v.Truthy() {
		if config.Host, err = r.asText("host", v); err != nil {
			return err
		}
	}
	if err := r.oneServer("extra", "host", config.Host); err != nil {
		return err
	}
	port, given := r.get("port")
	if config.Port, err = r.snowflakePort("port", port, given); err != nil {
		return err
	}
	port, given = r.fieldValue("proxy_port")
	config.ProxyPort, err = r.snowflakePort("proxy_port", port, given)
	return err
}

func (r *reader) snowflakePort(key string, v pyjson.Value, given bool) (int, error) {
	if !given || !v.Truthy() {
		return 0, nil
	}
	if v.Kind == pyjson.Int || v.Kind == pyjson.String {
		if n, err := pystr.Int(v.Str()); err == nil && n == int64(int32(n)) {
			return int(n), nil
		}
	}
	return 0, r.bad("extra", key, "it is not a whole number", "write the number of the port, such as 443")
}
