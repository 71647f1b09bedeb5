package hook_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// lintTests are connections and the findings about them, each as rule and field.
var lintTests = []struct {
	name, text string
	want       []string
}{
	// Clean ones.
	{"postgres", "postgres://app:pw@db.example.com:5432/shop?sslmode=verify-full&sslrootcert=%2Fca.pem&application_name=x&connect_timeout=5", nil},
	{"postgres, the CAs of the system", "postgres://app:pw@db.example.com/shop?sslrootcert=system", nil},
	{"postgres, a CA and any name", "postgres://app:pw@db.example.com/shop?sslmode=verify-ca&sslrootcert=%2Fca.pem", nil},
	{"postgres, require with a CA is verify-ca", "postgres://app:pw@db.example.com/shop?sslmode=require&sslrootcert=%2Fca.pem", nil},
	{"postgres on this machine", "postgres://app:pw@localhost/shop", nil},
	{"postgres on this machine, without TLS", "postgres://app:pw@127.0.0.1/shop?sslmode=disable", nil},
	{"postgres on IPv6 loopback", "postgres://app:pw@[::1]/shop", nil},
	{"postgres on a socket", "postgres://app:pw@/shop?host=%2Fvar%2Frun%2Fpostgresql", nil},
	{"postgres on two sockets", "postgres://app:pw@%2Fa%2C%2Fb/shop", nil},
	{"postgres of a service file", "postgres://app:pw@db.example.com/shop?service=prod", nil},
	{"postgres by a token", "postgres://app@db.example.com/shop?iam=true&aws_conn_id=aws_eu&sslmode=verify-full", nil},
	{"postgres of Redshift", `{"conn_type": "redshift", "host": "c.example.com", "login": "app", "extra": {"iam": true, "redshift": true, "cluster-identifier": "c", "sslmode": "verify-full"}}`, nil},
	{"mysql", `{"conn_type": "mysql", "host": "db.example.com", "login": "app", "password": "pw", "schema": "shop", "extra": {"charset": "utf8mb4", "ssl": {"ca": "/ca.pem"}}}`, nil},
	{"mysql, ssl as text", "mysql://app:pw@db.example.com/shop?ssl=%7B%22ca%22%3A%22%2Fca.pem%22%7D&ssl_mode=VERIFY_IDENTITY", nil},
	{"mysql on this machine", "mysql://app:pw@localhost/shop", nil},
	{"mysql on a socket", "mysql://app:pw@localhost/shop?unix_socket=%2Frun%2Fm.sock", nil},
	{"mysql by the connector", `{"conn_type": "mysql", "host": "db.example.com", "login": "app", "extra": {"client": "mysql-connector-python", "ssl_ca": "/ca.pem", "ssl_verify_identity": true}}`, nil},
	{"redis", `{"conn_type": "redis", "host": "r.example.com", "port": 6379, "password": "pw", "extra": {"db": 1, "ssl": true, "ssl_ca_certs": "/ca.pem"}}`, nil},
	{"redis, plain, without a password", "redis://r.example.com:6379?db=3", nil},
	{"redis on this machine", "redis://:pw@localhost:6379/", nil},
	{"redis, the path is the database", "redis://r.example.com:6379/3?db=3", nil},
	{"redis, all fields of the form", `{"conn_type": "redis", "host": "r.example.com", "port": 6379, "extra": {"db": 0, "ssl": false, "cluster": false, "startup_nodes": "", "ssl_cert_reqs": "required", "ssl_check_hostname": false}}`, nil},
	{"rediss with ssl", "rediss://:pw@r.example.com:6379?ssl=true", nil},
	{"http over TLS", `{"conn_type": "http", "host": "api.example.com", "schema": "https", "login": "app", "password": "pw", "extra": {"X-Api-Key": "k", "timeout": 5, "verify": "/ca.pem"}}`, nil},
	{"http over TLS, in the host", `{"conn_type": "http", "host": "https://api.example.com/v1", "login": "app", "password": ""}`, nil},
	{"https in the path", "https://app:pw@api.example.com:8443/https", nil},
	{"http", "http://api.example.com:8080", nil},
	{"http on this machine", "http://app:pw@localhost:8080", nil},
	{"http with headers", `{"conn_type": "http", "host": "h", "extra": {"Accept": "x", "Host": "h", "date": "d", "x_api_key": "k", "X-Proxy": "p", "cart": "c", "Timeouts": "t", "a-verify": "v", "User-Agent": null}}`, nil},
	{"smtp, TLS from the start", "smtp://app:pw@smtp.example.com:465?disable_tls=true&from_email=a%40example.com", nil},
	{"smtp, STARTTLS", "smtp://app:pw@smtp.example.com:587?disable_ssl=true&from_email=a%40example.com", nil},
	{"smtp, a relay without TLS", "smtp://relay.example.com:25?disable_ssl=true&disable_tls=true&from_email=a%40example.com", nil},
	{"smtp on this machine", "smtp://app:pw@localhost:25?disable_ssl=true&disable_tls=true&from_email=a%40example.com&auth_type=basic", nil},
	{"smtp, an auth_type that is empty", "smtp://app:pw@smtp.example.com:465?disable_tls=true&from_email=a%40example.com&auth_type=", nil},
	{"smtp by a token", `{"conn_type": "smtp", "host": "h", "port": 587, "login": "app", "extra": {"disable_ssl": true, "from_email": "a@b", "auth_type": "oauth2", "access_token": "t"}}`, nil},
	{"aws", "aws://k:s@?region_name=eu-west-1&role_arn=arn:aws:iam::1:role/r&assume_role_method=assume_role", nil},
	{"mongo", "mongo://app:pw@h:27017/db?authSource=admin&retrywrites=true&ssl=true", nil},
	{"snowflake", "snowflake://app:pw@/s?extra__snowflake__account=a&warehouse=w", nil},
	{"ssh", "ssh://app:pw@h:22?key_file=k", nil},
	{"kafka", `{"conn_type": "kafka", "extra": {"bootstrap.servers": "b:9092", "security.protocol": "SSL"}}`, nil},
	{"mssql", "mssql://app:pw@localhost:1433/db?encryption=require", nil},
	{"google", "google-cloud-platform://?extra__google_cloud_platform__key_path=k.json&project=p", nil},
	{"another type", "spark://h?foo=false", nil},
	{"another engine", `{"engine": "oracle-ee", "extra": {"foo": 1}}`, nil},
	{"no type", `{"host": "h"}`, nil},

	// For every type.
	{"no object", `{"conn_type": "ssh", "extra": "[1]"}`, []string{"extra-no-object extra"}},
	{"no JSON", `{"conn_type": "ssh", "extra": "x"}`, []string{"extra-no-object extra"}},
	{"unknown", "redis://h:1?foo=1&bar=2&nothing=", []string{"unknown-key extra"}},
	{"unknown to the driver", "mongo://h?foo=1", []string{"unknown-key extra"}},
	{"null is not there", `{"conn_type": "ssh", "extra": {"foo": null}}`, nil},
	{"prefixed", "ssh://h?extra__ssh__key_file=k", []string{"prefixed-key extra"}},
	{"prefixed without a type", "redis://h:1?extra__foo=1", []string{"unknown-key extra"}},
	{"prefixed, for one that needs it", "mongo://h?allow_insecure=true&extra__mongo__ssl=true", []string{"prefixed-key extra", "does-nothing extra"}},
	{"prefixed, and read so, for one that needs it", "google-cloud-platform://?client_id=i&extra__google_cloud_platform__idp_issuer_url=u", nil},
	{"of another type", "aws://?extra__snowflake__account=a", []string{"prefixed-key extra"}},
	{"prefixed, and not read so", "snowflake://?extra__snowflake__authenticator=a", []string{"prefixed-key extra"}},
	{"prefixed as a header", "http://h?extra__http__timeout=1", []string{"prefixed-key extra"}},
	{"prefixed and short", "snowflake://?extra__snowflake__account=a&account=", []string{"hidden-key extra"}},
	{"text false", "mongo://h?srv=false", []string{"text-is-true extra"}},
	{"text false of a long name", "google-cloud-platform://?extra__google_cloud_platform__is_anonymous=False", []string{"text-is-true extra"}},
	{"text no", "smtp://h:465?disable_tls=No&from_email=a", []string{"text-is-true extra"}},
	{"false", `{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": false}}`, nil},
	{"text of a CA file", "aws://?verify=False", []string{"text-is-path extra"}},
	{"1 is not true", "ssh://h?no_host_key_check=1&compress=0&look_for_keys=true", []string{"not-a-switch extra", "not-a-switch extra"}},
	{"true with a space", `{"conn_type": "mongo", "extra": {"tls": "true "}}`, []string{"not-a-switch extra", "edge-space extra"}},
	{"a word that is not true", "snowflake://?insecure_mode=maybe", []string{"not-a-switch extra"}},
	{"a word that is", "snowflake://?ocsp_fail_open=Y", nil},
	{"neither", `{"conn_type": "snowflake", "extra": {"insecure_mode": "", "ocsp_fail_open": 2}}`, nil},
	{"neither of two", "ssh://h?compress=x", nil},
	{"any unknown host", "ssh://h?no_host_key_check=true", []string{"host-unverified extra"}},
	{"any unknown host, by the older name", "sftp://h?ignore_hostkey_verification=true", []string{"host-unverified extra"}},
	{"any host", "ssh://h?allow_host_key_change=true", []string{"host-unverified extra"}},
	{"a host by its key", "ssh://h?allow_host_key_change=true&host_key=AAAA", nil},
	{"this machine", "ssh://localhost?no_host_key_check=true", nil},
	{"the login alone", "mssql://app:pw@h/db", []string{"tls-off extra"}},
	{"the login alone, by a word", "mssql://app:pw@h/db?encryption=request", []string{"tls-off extra"}},
	{"names unchecked", "mongo://app:pw@h/db?tls=true&tlsAllowInvalidHostnames=true", []string{"tls-unverified extra"}},
	{"names unchecked with a CA", "mongo://app:pw@h/db?tls=true&tlsAllowInvalidHostnames=true&tlsCAFile=%2Fca", nil},
	{"of librdkafka", "kafka://?bootstrap.servers=k&statistics.interval.ms=5&retries=3&socket.keepalive.enable=true", []string{"not-in-go extra", "not-in-go extra"}},
	{"system's CAs", "kafka://?bootstrap.servers=k&security.protocol=ssl&ssl.ca.location=probe&ssl.endpoint.identification.algorithm=none", []string{"tls-unverified extra"}},
	{"any certificate", "mssql://app:pw@h/db?encryption=require", []string{"tls-unverified extra"}},
	{"for Python", "mssql://app:pw@(local)/db?charset=UTF-8&autocommit=x", []string{"not-in-go extra", "not-in-go extra"}},
	{"no check of revocation", "snowflake://?extra__snowflake__insecure_mode=on", []string{"revocation-off extra"}},
	{"for the connector", "snowflake://?client_request_mfa_token=1&client_store_temporary_credential=false", []string{"not-in-go extra"}},
	{"oauth in capitals", "snowflake://?authenticator=OAuth&scope=s", []string{"auth-type extra", "does-nothing extra"}},
	{"oauth", "snowflake://?authenticator=oauth&grant_type=client_credentials&token_endpoint=u&scope=s", nil},
	{"a token to refresh beside another authenticator", "snowflake://?authenticator=externalbrowser&refresh_token=r&scope=s", []string{"hidden-key extra"}},
	{"for oauth alone", "snowflake://?token_endpoint=u&extra__snowflake__oauth_username=u&azure_conn_id=a", []string{"does-nothing extra", "does-nothing extra", "does-nothing extra"}},
	{"a list as text", "google-cloud-platform://?impersonation_chain=%5B%22a%22%5D", []string{"list-is-text extra"}},
	{"a list", `{"conn_type": "google_cloud_platform", "extra": {"impersonation_chain": ["a", "b"]}}`, nil},
	{"no key in JSON", "google-cloud-platform://?extra__google_cloud_platform__key_path=k.p12", []string{"key-path extra"}},
	{"nothing alone", "mongo://h?allow_insecure=true", []string{"does-nothing extra"}},
	{"fields", `{"conn_type": "kafka", "host": "b", "port": 9092, "login": "u", "password": "p", "schema": "s"}`,
		[]string{"unread-field host", "unread-field port", "unread-field login", "unread-field password", "unread-field schema"}},
	{"engine of RDS", `{"engine": "aurora-postgresql", "host": "h"}`, []string{"tls-optional extra"}},
	{"driver", "postgresql+psycopg2://h/db", []string{"tls-optional extra"}},

	// postgres
	{"no sslmode", "postgres://app:pw@db.example.com/shop", []string{"tls-optional extra"}},
	{"allow", "postgres://db.example.com?sslmode=allow", []string{"tls-optional extra"}},
	{"prefer", "postgres://db.example.com?sslmode=prefer", []string{"tls-optional extra"}},
	{"require", "postgres://db.example.com?sslmode=require", []string{"tls-unverified extra"}},
	{"a name like an address of this machine", "postgres://app:pw@127.evil.com/shop", []string{"tls-optional extra"}},
	{"another address of this machine", "postgres://app:pw@127.1.2.3/shop", nil},
	{"disable", "postgres://db.example.com?sslmode=disable", []string{"tls-off extra"}},
	{"one host of two is local", "postgres://localhost%2Cdb.example.com/", []string{"tls-optional extra"}},
	{"the host of the extra", "postgres://localhost?host=db.example.com", []string{"overwritten host", "tls-optional extra"}},
	{"all fields twice", `{"conn_type": "postgres", "host": "localhost", "login": "a", "password": "b", "schema": "c", "port": 1, "extra": {"host": "/x", "user": "x", "password": "x", "dbname": "x", "port": 2}}`,
		[]string{"overwritten host", "overwritten login", "overwritten password", "overwritten schema", "overwritten port"}},
	{"the same twice", "postgres://app@localhost:5432/shop?host=localhost&user=app&dbname=shop&port=5432", nil},
	{"keepalives", "postgres://localhost?keepalives=1&keepalives_idle=30&tcp_user_timeout=5", []string{"not-in-go extra", "not-in-go extra", "not-in-go extra"}},
	{"psycopg's own", "postgres://localhost?cursor=dictcursor&autocommit=true&prepare_threshold=5", []string{"not-in-go extra", "not-in-go extra", "not-in-go extra"}},
	{"no cursor", "postgres://localhost?cursor=", nil},
	{"encoding", "postgres://localhost?client_encoding=latin1", []string{"client-encoding extra"}},
	{"UTF-8", "postgres://localhost?client_encoding=UTF-8", nil},
	{"1 s", "postgres://localhost?connect_timeout=1", []string{"timeout extra"}},
	{"0 s", "postgres://localhost?connect_timeout=0", []string{"timeout extra"}},
	{"2 s", "postgres://localhost?connect_timeout=2", nil},
	{"a token and a password", "postgres://app:pw@localhost?iam=1", []string{"unused-password password"}},
	{"iam that is text", "postgres://app@localhost?iam=false", []string{"text-is-true extra"}},
	{"redshift that is text", "postgres://app@localhost?iam=true&redshift=false", []string{"text-is-true extra"}},
	{"serverless that is text", "postgres://app@localhost?iam=true&redshift-serverless=false", []string{"text-is-true extra"}},
	{"half a second", "postgres://localhost?connect_timeout=0.5", []string{"timeout extra"}},
	{"a token's settings without it", "postgres://localhost?aws_conn_id=a", []string{"does-nothing extra"}},
	{"prefixed sslmode", "postgres://localhost?extra__postgres__sslmode=require", []string{"prefixed-key extra"}},

	{"require with an empty CA", `{"conn_type": "postgres", "host": "db.example.com", "extra": {"sslmode": "require", "sslrootcert": ""}}`, []string{"tls-unverified extra"}},
	{"verify-ca without a CA", "postgres://db.example.com?sslmode=verify-ca", []string{"tls-unverified extra"}},
	{"verify-full by public CAs", "postgres://db.example.com?sslmode=verify-full", nil},
	{"an empty address", `{"conn_type": "postgres", "host": "db.example.com", "extra": {"hostaddr": "", "service": ""}}`, []string{"tls-optional extra"}},
	{"an address of another machine", "postgres://localhost?hostaddr=10.1.1.1", []string{"tls-optional extra"}},
	{"an address of this machine", "postgres://db.example.com?hostaddr=127.0.0.1", nil},

	// mysql
	{"no ssl", "mysql://app@db.example.com", []string{"tls-optional extra"}},
	{"preferred", "mysql://app@db.example.com?ssl_mode=PREFERRED", []string{"tls-optional extra"}},
	{"required", "mysql://app@db.example.com?ssl_mode=REQUIRED", []string{"tls-unverified extra"}},
	{"disabled", "mysql://app@db.example.com?ssl_mode=DISABLED", []string{"tls-off extra"}},
	{"a socket and another host", "mysql://app@db.example.com?unix_socket=%2Frun%2Fm.sock", []string{"does-nothing extra", "tls-optional extra"}},
	{"a socket and an address", "mysql://app@127.0.0.1?unix_socket=%2Frun%2Fm.sock", []string{"does-nothing extra"}},
	{"VERIFY_CA without a CA", "mysql://app@db.example.com?ssl_mode=VERIFY_CA", []string{"tls-unverified extra"}},
	{"VERIFY_CA", `{"conn_type": "mysql", "login": "app", "host": "db.example.com", "extra": {"ssl_mode": "VERIFY_CA", "ssl": {"ca": "c"}}}`, nil},
	{"VERIFY_IDENTITY by public CAs", "mysql://app@db.example.com?ssl_mode=VERIFY_IDENTITY", nil},
	{"connector, any name", `{"conn_type": "mysql", "host": "db.example.com", "login": "app", "extra": {"client": "mysql-connector-python", "ssl_verify_cert": true}}`, []string{"tls-unverified extra"}},
	{"connector, a CA and any name", `{"conn_type": "mysql", "host": "db.example.com", "login": "app", "extra": {"client": "mysql-connector-python", "ssl_verify_cert": true, "ssl_ca": "c"}}`, nil},
	{"no CA", `{"conn_type": "mysql", "login": "app", "host": "db.example.com", "extra": {"ssl": {"cert": "c", "ca": ""}}}`, []string{"tls-unverified extra"}},
	{"ssl with a switch alone", `{"conn_type": "mysql", "login": "app", "host": "db.example.com", "extra": {"ssl": {"check_hostname": false}}}`, []string{"tls-unverified extra"}},
	{"ssl is true", "mysql://app@db.example.com?ssl=true", []string{"ssl-no-object extra", "tls-optional extra"}},
	{"ssl is true on this machine", "mysql://app@localhost?ssl=true", nil},
	{"no user", "mysql://localhost", []string{"no-login login"}},
	{"a mysql token and a password", "mysql://app:pw@localhost?iam=1", []string{"unused-password password"}},
	{"for the other client", "mysql://app@localhost?ssl_ca=c&ssl_verify_cert=false", []string{"other-client extra", "other-client extra"}},
	{"for mysqlclient", "mysql://app:pw@localhost?client=mysql-connector-python&iam=false&charset=utf8&cursor=x", []string{"other-client extra", "other-client extra", "other-client extra"}},
	{"connector, no TLS", "mysql://app@db.example.com?client=mysql-connector-python&ssl_disabled=true", []string{"tls-off extra"}},
	{"connector, not verified", "mysql://app@db.example.com?client=mysql-connector-python&ssl_ca=c", []string{"tls-optional extra"}},
	{"connector, text", "mysql://app@db.example.com?client=mysql-connector-python&ssl_verify_cert=false", []string{"text-is-true extra", "tls-unverified extra"}},
	{"3 bytes", "mysql://app@localhost?charset=utf8", []string{"charset extra"}},
	{"no charset of MySQL", "mysql://app@localhost?charset=utf-8", []string{"charset extra"}},
	{"cursor", "mysql://app@localhost?cursor=SSCursor", []string{"not-in-go extra"}},
	{"constructor's", "mysql://app@localhost?local_infile=true", []string{"unknown-key extra"}},

	// redis
	{"path", "redis://h:6379/3", []string{"path-database schema"}},
	{"another path", "redis://h:6379/3?db=4", []string{"path-database schema"}},
	{"rediss", "rediss://:pw@h:6379", []string{"scheme-not-tls conn_type"}},
	{"a password in the clear", "redis://:pw@h:6379", []string{"tls-off extra"}},
	{"the password None", "redis://:None@h:6379", []string{"none-password password"}},
	{"ssl is text", "redis://:pw@h:6379?ssl=false", []string{"text-is-true extra"}},
	{"a switch of ssl is text", "redis://h:6379?ssl=1&ssl_check_hostname=false", []string{"text-is-true extra"}},
	{"cluster is text", "redis://h:6379?cluster=false", []string{"text-is-true extra"}},
	{"ssl alone", "redis://h:6379?ssl_cert_reqs=none&ssl_check_hostname=false", []string{"does-nothing extra", "does-nothing extra"}},
	{"not verified", "redis://h:6379?ssl=1&ssl_cert_reqs=none", []string{"tls-unverified extra"}},
	{"null is not verified", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_cert_reqs": null}}`, []string{"tls-unverified extra"}},
	{"any name", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_check_hostname": false}}`, []string{"tls-unverified extra"}},
	{"any name of one's own CA", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_check_hostname": false, "ssl_ca_certs": "c"}}`, nil},
	{"nodes of no cluster", "redis://h:6379?startup_nodes=a", []string{"does-nothing extra"}},

	{"the path is 0, and so is the database", "redis://:p@cache:6379/0?ssl=true", nil},
	{"the path is 0, and the database is not", "redis://cache:6379/0?db=1", []string{"path-database schema"}},
	{"0 is not verified", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_cert_reqs": 0}}`, []string{"tls-unverified extra"}},
	{"false is not verified", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_cert_reqs": false}}`, []string{"tls-unverified extra"}},
	{"2 is", `{"conn_type": "redis", "host": "h", "port": 1, "extra": {"ssl": true, "ssl_cert_reqs": 2}}`, nil},

	// http
	{"a login inside the host", `{"conn_type": "http", "host": "http://u:p@api.example.com"}`, []string{"tls-off host"}},
	{"a login inside the host, on this machine", `{"conn_type": "http", "host": "http://u:p@localhost:80/a@b"}`, nil},
	{"a login inside a host without a protocol", `{"conn_type": "http", "host": "u:p@api.example.com"}`, []string{"tls-off schema"}},
	{"a space before the host", `{"conn_type": "http", "host": " https://api.example.com", "extra": {"verify": false}}`, []string{"tls-unverified extra"}},
	{"a space before the schema", `{"conn_type": "http", "host": "h", "schema": " https", "login": "u", "password": "p"}`, nil},
	{"headers that look like options", `{"conn_type": "http", "host": "https://h", "extra": {"Token": "t", "method": "m"}}`, nil},
	{"https", "https://api.example.com", []string{"https-is-http conn_type"}},
	{"https with a login", "https://app:pw@api.example.com", []string{"https-is-http conn_type"}},
	{"the port of https", "http://api.example.com:443", []string{"https-is-http port"}},
	{"https, and http in the host", `{"conn_type": "https", "host": "http://h"}`, []string{"https-is-http conn_type"}},
	{"a login in the clear", "http://app:pw@api.example.com", []string{"tls-off schema"}},
	{"a header in the clear", "http://api.example.com?authorization=x", []string{"tls-off schema"}},
	{"a path", "https://api.example.com/v1", []string{"path-as-schema schema", "https-is-http conn_type"}},
	{"a port after the path", `{"conn_type": "http", "host": "https://h/v1", "port": 8443}`, []string{"port-after-path port"}},
	{"a path after the port", "http://https://h:8443/v1", []string{"unread-field schema"}},
	{"the scheme twice", `{"conn_type": "http", "host": "https://h", "schema": "HTTPS"}`, nil},
	{"None for a password", `{"conn_type": "http", "host": "https://h", "login": "app"}`, []string{"none-password password"}},
	{"a password alone", `{"conn_type": "http", "host": "https://h", "password": "pw"}`, []string{"half-login password"}},
	{"login and header", `{"conn_type": "http", "host": "https://h", "login": "app", "password": "pw", "extra": {"authorization": "x"}}`, []string{"unused-header extra"}},
	{"verify false", `{"conn_type": "http", "host": "https://h", "extra": {"verify": false}}`, []string{"tls-unverified extra"}},
	{"verify_ssl false", `{"conn_type": "http", "host": "https://h", "extra": {"verify_ssl": false}}`, []string{"tls-unverified extra"}},
	{"verify_ssl that verify hides", `{"conn_type": "http", "host": "https://h", "extra": {"verify": null, "verify_ssl": false}}`, []string{"hidden-key extra"}},
	{"proxy that proxies hides", `{"conn_type": "http", "host": "https://h", "extra": {"proxies": {}, "proxy": {}}}`, []string{"hidden-key extra"}},
	{"verify without TLS", `{"conn_type": "http", "host": "h", "extra": {"verify": false}}`, nil},
	{"verify is text", "http://h?verify=false", []string{"text-is-path extra"}},
	{"text that is true", "http://h?stream=false&trust_env=0", []string{"text-is-true extra", "text-is-true extra"}},
	{"an option by another case", "http://h?Timeout=5", []string{"option-as-header extra"}},
	{"an option by another mark", "http://h?max-redirects=5", []string{"option-as-header extra"}},
	{"an option that misses by a letter", "http://h?timeouts=5", []string{"option-as-header extra"}},
	{"headers of headers", `{"conn_type": "http", "host": "h", "extra": {"headers": {"a": "b"}}}`, []string{"option-as-header extra"}},
	{"the port of an SRV record", "http://_http._tcp.example.com:80?srv_lookup=true", []string{"unread-field port"}},
	{"srv_lookup off", "http://h:80?srv_lookup=no", nil},

	// smtp
	{"both kinds of TLS on 465", "smtp://h:465?from_email=a", []string{"tls-twice extra"}},
	{"both kinds of TLS on 587", "smtp://h:587?from_email=a", []string{"tls-twice extra"}},
	{"both kinds of TLS", "smtp://h?from_email=a", []string{"tls-twice extra"}},
	{"TLS from the start on 587", "smtp://h:587?from_email=a&disable_tls=1", []string{"port-and-tls port"}},
	{"STARTTLS on 465", "smtp://h:465?from_email=a&disable_ssl=1", []string{"port-and-tls port"}},
	{"no TLS on 465", "smtp://a:b@h:465?from_email=a&disable_ssl=1&disable_tls=1", []string{"tls-off extra", "port-and-tls port"}},
	{"smtp in the clear", "smtp://a:b@h:25?from_email=a&disable_ssl=1&disable_tls=1", []string{"tls-off extra"}},
	{"no sender, whom a task may name", "smtp://a:b@h:465?disable_tls=1", nil},
	{"a token in the clear", `{"conn_type": "smtp", "host": "h", "port": 25, "login": "a", "extra": {"disable_ssl": true, "disable_tls": true, "auth_type": "oauth2", "access_token": "t"}}`, []string{"tls-off extra"}},
	{"smtp, not verified", "smtp://h:465?disable_tls=1&from_email=a&ssl_context=none", []string{"tls-unverified extra"}},
	{"smtp, none without TLS", "smtp://h:25?disable_tls=1&disable_ssl=1&from_email=a&ssl_context=none", nil},
	{"smtp, TLS from the start and STARTTLS", "smtp://a:b@h:587?from_email=a", []string{"tls-twice extra"}},
	{"smtp, a login alone", "smtp://a@h:465?disable_tls=1&from_email=a", []string{"half-login login"}},
	{"smtp, a password alone", "smtp://:b@h:465?disable_tls=1&from_email=a", []string{"half-login password"}},
	{"smtp, a path", "smtp://h:465/x?disable_tls=1&from_email=a", []string{"unread-field schema"}},
	{"OAUTH2", "smtp://h:465?disable_tls=1&from_email=a&auth_type=OAUTH2", []string{"auth-type extra"}},
	{"a token and basic", "smtp://h:465?disable_tls=1&from_email=a&access_token=t&scope=s", []string{"does-nothing extra", "does-nothing extra"}},
	{"oauth2 and a password", "smtp://a:b@h:465?disable_tls=1&from_email=a&auth_type=oauth2&access_token=t", []string{"unused-password password"}},
	{"guesses", "smtp://h:465?disable_tls=1&from_email=a&use_ssl=true&starttls=false&mail_from=a", []string{"unknown-key extra", "unknown-key extra"}},
}

func TestLint(t *testing.T) {
	for _, row := range lintTests {
		t.Run(row.name, func(t *testing.T) {
			c, err := connuri.Parse(standard(t, row.text))
			require.NoError(t, err)
			var got []string
			for _, f := range hook.Lint(c) {
				got = append(got, f.Rule+" "+f.Field)
				assert.NotEmpty(t, f.Problem)
				assert.NotEmpty(t, f.Instead)
				assert.NotContains(t, f.String(), "extra__ ")
			}
			assert.Equal(t, row.want, got)
		})
	}
}

// standard gives a JSON text the names that connections have.
func standard(t *testing.T, text string) string {
	t.Helper()
	text, err := connuri.ConnWords{}.Standardize(text)
	require.NoError(t, err)
	return text
}

// Suggestions are keys and fields of the table.
func TestLintSuggests(t *testing.T) {
	for _, row := range []struct{ text, want, instead string }{
		{"aws://?regionname=x", "(did you mean region_name?)", "leave it out"},
		{"aws://?region=x", "(did you mean region_name?)", "write region_name, or leave it out"},
		{"redis://h?database=1", "(did you mean db?)", "write db, or leave it out"},
		{"redis://h?tls=1", "(did you mean ssl?)", "write ssl, or leave it out"},
		{"redis://h?password=1", "(did you mean the field password?)", "write it in the field password, or leave it out"},
		{"redis://h?Username=1", "(did you mean the field login?)", "write it in the field login, or leave it out"},
		{"redis://h?extras=1", "does not read", "leave it out"},
		{"redis://h?conn_type=1", "does not read", "leave it out"},
		{"mysql://a@localhost?ssl_ca=c", "the client is mysqlclient", "write ssl and ssl_mode"},
		{"mysql://a@localhost?client=mysql-connector-python&ssl=c", "the client is mysql-connector-python", "begin with ssl_"},
		{"mysql://a@h?ssl=%7B%22cert%22%3A%22c%22%7D", "mysqlclient accepts any certificate; hook.MySQL verifies it", "write ssl with a ca"},
		{"mysql://a@h?client=mysql-connector-python", "accepted; Go has no TLS then", "write ssl_ca"},
		{"mysql://a@h?client=mysql-connector-python&ssl_ca=c", "accepted; hook.MySQL insists on TLS, and verifies it", "write ssl_ca"},
		{"mysql://a@h?client=mysql-connector-python&ssl_ca=c&ssl_verify_cert=", "accepted; Go insists on TLS, and accepts any certificate as well", "write ssl_ca"},
		{"postgres://localhost?connect_timeout=0", "below 1 is not a limit", "write 2 or more"},
		{"postgres://localhost?connect_timeout=0.9", "below 1 is not a limit", "write 2 or more"},
		{"postgres://localhost?connect_timeout=1", "is raised to 2 s", "write 2 or more"},
		{"https://h", "requests go out over http", "write https"},
		{"https://u:p@h", "the login in the clear", "write https"},
		{"smtp://h:465?from_email=a", "begins with TLS", "write disable_tls as true"},
		{"smtp://h?from_email=a", "begins with TLS", "usual on port 465"},
		{"smtp://h:587?from_email=a", "begins with TLS", "write disable_ssl as true"},
		{"kafka://?bootstrap_servers=x", "refuses it (did you mean bootstrap.servers?)", "leave it out"},
		{"postgres://localhost?ssl_mode=require", "refuses it (did you mean sslmode?)", "write sslmode, or leave it out"},
		{"http://h?Verify=x", "as a header (did you mean verify?)", ""},
		{"http://h?bearer_token=x", "as a header (did you mean Authorization?)", ""},
		{"ssh://h?extra__ssh__key_file=k", "does not read that", "write key_file"},
		{"mssql://localhost?extra__mssql__foo=k", "refuses it", "write the key without the prefix"},
	} {
		c, err := connuri.Parse(row.text)
		require.NoError(t, err)
		found := hook.Lint(c)
		require.Len(t, found, 1, row.text)
		assert.Contains(t, found[0].Problem, row.want)
		assert.Equal(t, strings.Contains(row.want, "mean"), strings.Contains(found[0].Problem, "mean"), row.text)
		assert.Contains(t, found[0].Instead, row.instead)
	}
}

// Of many unknown keys a few are compared with those that are known.
func TestLintSuggestsForAFew(t *testing.T) {
	for unknown, want := range map[int]int{19: 2, 20: 1} {
		extra := "{"
		for i := range unknown {
			extra += fmt.Sprintf(`"unknown%d": 1, `, i)
		}
		c := connuri.Connection{Type: "ssh", Extra: connuri.RawExtra(extra + `"keyfiles": 1}`)}
		assert.Len(t, hook.Lint(c), want, "%d unknown keys before one that misses by a letter", unknown)
	}
}

// An extra that is not an object has the same rule and field in connuri.Lint, so that who
// shows both can show one.
func TestLintSharesARule(t *testing.T) {
	const text = `{"conn_type": "ssh", "extra": "[1]"}`
	c, err := connuri.Parse(text)
	require.NoError(t, err)
	one, other := hook.Lint(c), connuri.Lint(text, nil)
	assert.Equal(t, rules(other), rules(one))
	assert.Equal(t, other[0].Field, one[0].Field)
}

// hiddenRunes are in no finding.
var hiddenRunes = []rune("각난닫랄맘밥삿앙잦찿캌탙팦핳漢字秘密鍵匙暗號กขคงจฉあいうえおאבגדה😀🔑𠀋")

// lintTypes are all types of the table.
var lintTypes = []string{
	"postgres", "redshift", "mysql", "redis", "rediss", "http", "https", "smtp", "aws", "mongo", "snowflake", "ssh", "kafka", "mssql", "google_cloud_platform", "aurora_mysql",
}

// TestLintShowsNothing puts random secrets into every field, and into keys and values of the
// extra, and looks for them in every finding.
func TestLintShowsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	secret := func() string {
		var b strings.Builder
		for range 1 + r.IntN(10) {
			b.WriteRune(hiddenRunes[r.IntN(len(hiddenRunes))])
			if r.IntN(4) == 0 {
				b.WriteByte("/?#[]@:%&=+ \\\"'{},;\t\n_-."[r.IntN(24)])
			}
		}
		return b.String()
	}
	findings := 0
	for i := range 20_000 {
		c := randomConnection(r, lintTypes[i%len(lintTypes)], secret)
		for _, f := range hook.Lint(c) {
			findings++
			for _, text := range []string{f.String(), fmt.Sprintf("%+v %#v", f, f)} {
				if strings.ContainsFunc(text, func(x rune) bool { return x > 126 || x < 32 }) {
					t.Fatalf("rule %s of %s shows a secret", f.Rule, c.Type)
				}
			}
		}
	}
	assert.Greater(t, findings, 20_000)
}

// TestLintShowsNoASCII is the same for secrets of letters and digits, whole or with a known
// key around them.
func TestLintShowsNoASCII(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const token = "QZXJWKVQ7Y9Q"
	secret := func() string {
		return []string{token, token + "@h", "https://" + token, "extra__" + token + "__" + token, "extra__aws__" + token, token + "__x", "ssl_" + token}[r.IntN(7)]
	}
	for i := range 8_000 {
		c := randomConnection(r, lintTypes[i%len(lintTypes)], secret)
		for _, f := range hook.Lint(c) {
			if strings.Contains(strings.ToUpper(f.String()), token[:4]) {
				t.Fatalf("rule %s of %s shows a secret", f.Rule, c.Type)
			}
		}
	}
}

// randomConnection has secrets in its fields, and an extra of known keys and secrets with
// values of all kinds.
func randomConnection(r *rand.Rand, connType string, secret func() string) connuri.Connection {
	maybe := func(others ...string) string {
		switch r.IntN(3) {
		case 0:
			return ""
		case 1:
			return append(others, "")[r.IntN(len(others)+1)]
		}
		return secret()
	}
	keys := strings.Fields(allKeys(connType))
	extra := map[string]any{}
	for range r.IntN(6) {
		key := keys[r.IntN(len(keys))]
		switch r.IntN(5) {
		case 0:
			key = secret()
		case 1:
			key = "extra__" + connType + "__" + key
		}
		word := []string{"disable", "require", "prefer", "latin1", "mysql-connector-python", "DISABLED", "REQUIRED", "utf8", "oauth2", "x"}[r.IntN(10)]
		extra[key] = []any{secret(), word, "false", "true", "1", "none", true, false, 0, 1, nil, []string{secret()}, map[string]any{secret(): secret()}, `{"` + secret() + `": 1}`}[r.IntN(14)]
	}
	doc, err := json.Marshal(extra)
	if err != nil {
		panic("cannot be written")
	}
	c := connuri.Connection{
		Type: connType, Host: maybe("localhost", "https://h/v1", "http://h"), Schema: maybe("https", "http", "3"), Login: maybe("app"),
		Port: []int{0, 25, 443, 465, 587, 5432}[r.IntN(6)], Extra: connuri.RawExtra(string(doc)),
	}
	if r.IntN(8) == 0 {
		c.Extra = connuri.RawExtra(secret() + string(doc) + secret())
	}
	if r.IntN(3) > 0 {
		c.Password = connuri.NewSecret(maybe("None", "pw"))
	}
	return c
}

// allKeys are the keys of a type, and some that are taken for one.
func allKeys(connType string) string {
	t := conntype.Of(connType)
	if t == nil {
		t = conntype.OfEngine(connType)
	}
	return t.Keys + " database use_ssl headers"
}

func FuzzLint(f *testing.F) {
	for i, row := range lintTests {
		if i%4 == 0 && !strings.HasPrefix(row.text, "{") {
			c, _ := connuri.Parse(row.text)
			f.Add(c.Type, c.Host, c.Login, c.Password.Reveal(), c.Schema, c.Port, c.Extra.Reveal())
		}
	}
	f.Add("redis", "h", "", "None", "3", 1, `{"ssl": true, "ssl_cert_reqs": null, "foo": [{}]}`)
	f.Fuzz(func(t *testing.T, connType, host, login, password, schema string, port int, extra string) {
		c := connuri.Connection{
			Type: connType, Host: host, Login: login, Password: connuri.NewSecret(password), Schema: schema, Port: port, Extra: connuri.RawExtra(extra),
		}
		for _, of := range append(slices.Clone(lintTypes), connType) {
			c.Type = of
			for _, f := range hook.Lint(c) {
				if f.Rule == "" || f.Field == "" || f.Problem == "" || f.Instead == "" {
					t.Fatalf("a finding says too little: %+v", f)
				}
				if strings.ContainsFunc(f.String(), func(x rune) bool { return x > 126 || x < 32 }) {
					t.Fatalf("rule %s shows something", f.Rule)
				}
			}
		}
	})
}
