package hook

import (
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// RedisConfig holds the settings that RedisHook gives to redis-py.
type RedisConfig struct {
	Cluster  bool           // extra cluster: the client is RedisCluster
	Host     string         // host; "" means this machine
	Port     int            // port; required unless Cluster is set
	Nodes    []string       // extra startup_nodes, as host:port; empty unless Cluster is set; see Addrs
	Username string         // username: login, the ACL user; "" means the default user
	Password connuri.Secret // password; zero if there is none, or if it is "None" or "false" in any case
	DB       int            // db: the extra, never the path of a URI; default 0, and 0 if Cluster is set

	// TLS is on if the extra ssl is true in Python; the type rediss alone does not turn it on.
	// It takes ssl_ca_certs, ssl_certfile and ssl_keyfile, and verifies the chain and the name
	// unless ssl_cert_reqs is none (no verification) or ssl_check_hostname is false (no name).
	// If Cluster is set, the server name is empty: each node is verified by its own.
	TLS      TLS
	CertReqs string // ssl_cert_reqs: required (default), optional, which is the same to a client, or none; "" without TLS

	ConnectTimeout time.Duration // socket_connect_timeout: 5 s, redis-py's default
	Timeout        time.Duration // socket_timeout, of each read and write: 5 s, redis-py's default
}

// Addr returns host:port.
func (c RedisConfig) Addr() string { return hostPort(c.Host, c.Port) }

// Addrs returns the addresses by which a client finds its cluster: Nodes, then host and port if the
// connection has both. It is empty if there are none. Without Cluster it is Addr alone.
func (c RedisConfig) Addrs() []string {
	if !c.Cluster {
		return []string{c.Addr()}
	}
	addrs := append([]string(nil), c.Nodes...)
	if c.Host != "" && c.Port != 0 {
		addrs = append(addrs, c.Addr())
	}
	return addrs
}

// Redis reads a connection as RedisHook (apache-airflow-providers-redis) and redis-py do.
// The extra holds db, ssl, ssl_cert_reqs, ssl_ca_certs, ssl_certfile, ssl_keyfile,
// ssl_check_hostname, cluster and startup_nodes. The schema and all other extras are ignored.
//
// The error is an *Error for what the hook, redis-py or every server refuses: no port, a
// db that is not a whole number, a db other than 0 in a cluster, startup_nodes that are
// not a list of host:port in one text, and with TLS an unknown ssl_cert_reqs or a path that
// is not text. Nothing is ErrUnsupported.
func Redis(c connuri.Connection) (RedisConfig, error) {
	return settled(redisConfig(c))
}

func redisConfig(c connuri.Connection) (RedisConfig, error) {
	config := RedisConfig{
		Host: c.Host, Port: c.Port, Username: c.Login,
		ConnectTimeout: 5 * time.Second, Timeout: 5 * time.Second,
	}
	r, err := read("redis", c)
	if err != nil {
		return config, err
	}
	if err := r.loginInHost(c.Host); err != nil {
		return config, err
	}
	switch pystr.Lower(c.Password.Reveal()) {
	case "", "none", "false":
	default:
		config.Password = c.Password
	}
	config.Cluster = r.truth("cluster")
	if config.Cluster {
		err = r.redisCluster(&config)
	} else {
		err = r.redisSingle(&config)
	}
	if err != nil {
		return config, err
	}
	if err := r.redisTLS(&config); err != nil {
		return config, err
	}
	return config, r.end()
}

// redisSingle reads what counts without cluster.
func (r *reader) redisSingle(config *RedisConfig) error {
	if config.Port == 0 && r.c.Empty&connuri.EmptyPort == 0 {
		return r.bad("port", "", "it is missing, and redis-py has no default", "write the port, such as 6379")
	}
	v, given := r.get("db")
	if !given || !v.Truthy() {
		return nil
	}
	text, n, err := "", 0, error(nil)
	if v.Kind == pyjson.Int || v.Kind == pyjson.String {
		text = v.Str()
		n, err = strconv.Atoi(text)
	}
	if err != nil || strconv.Itoa(n) != text { // a server takes no other form
		return r.bad("extra", "db", "it is not a whole number", "write the number of the database")
	}
	config.DB = n
	return nil
}

// redisCluster reads what counts in a cluster, which has the database 0 only.
func (r *reader) redisCluster(config *RedisConfig) error {
	v, given := r.get("db")
	isZero := v.Kind == pyjson.False || (v.Kind == pyjson.Int || v.Kind == pyjson.Float) && !v.Truthy()
	if given && !isZero {
		return r.bad("extra", "db", "a cluster has the database 0 only", "leave it out")
	}
	v, given = r.get("startup_nodes")
	if !given || !v.Truthy() {
		return nil
	}
	const instead = "write host:port, and commas between them"
	if v.Kind != pyjson.String {
		return r.bad("extra", "startup_nodes", "it is not text", instead)
	}
	text, _ := v.Text()
	for entry := range strings.SplitSeq(text, ",") {
		host, portText, _ := strings.Cut(pystr.Strip(entry), ":")
		port := int64(6379)
		if portText != "" {
			var err error
			if port, err = pystr.Int(portText); err != nil {
				return r.bad("extra", "startup_nodes", "it has a port that is not a whole number", instead)
			}
		}
		if host == "" {
			return r.bad("extra", "startup_nodes", "it has an entry without a host", instead)
		}
		if host == "localhost" {
			host = "127.0.0.1" // as redis-py does
		}
		config.Nodes = append(config.Nodes, host+":"+strconv.FormatInt(port, 10))
	}
	return nil
}

// redisTLS reads the ssl_ keys, which do nothing without ssl.
func (r *reader) redisTLS(config *RedisConfig) error {
	if !r.truth("ssl") {
		return nil
	}
	var err error
	if config.CertReqs, err = r.redisCertReqs(); err != nil {
		return err
	}
	t := TLS{Mode: TLSVerifyFull}
	if !config.Cluster {
		t.ServerName = config.Host
	}
	check, given := r.extra["ssl_check_hostname"]
	switch {
	case config.CertReqs == "none":
		t.Mode = TLSUnverified
	case given && !check.Truthy():
		t.Mode = TLSVerifyCA
	}
	if t.CAFile, err = r.redisPath("ssl_ca_certs"); err != nil {
		return err
	}
	if t.CertFile, err = r.redisPath("ssl_certfile"); err != nil {
		return err
	}
	if t.KeyFile, err = r.redisPath("ssl_keyfile"); err != nil {
		return err
	}
	config.TLS = t
	return nil
}

// redisCertReqs reads ssl_cert_reqs: a word, or the number of one of Python's constants.
// null is none.
func (r *reader) redisCertReqs() (string, error) {
	v, given := r.extra["ssl_cert_reqs"]
	if !given {
		return "required", nil
	}
	switch word := v.Str(); {
	case v.Kind == pyjson.String && (word == "none" || word == "optional" || word == "required"):
		return word, nil
	case v.Kind == pyjson.Null, v.Kind == pyjson.False, v.Kind == pyjson.Int && word == "0":
		return "none", nil
	case v.Kind == pyjson.True, v.Kind == pyjson.Int && word == "1":
		return "optional", nil
	case v.Kind == pyjson.Int && word == "2":
		return "required", nil
	}
	return "", r.bad("extra", "ssl_cert_reqs", "it is not one of redis-py's words", "write required, optional or none")
}

// redisPath reads the path of a file. A number is a path too.
func (r *reader) redisPath(key string) (string, error) {
	v, given := r.get(key)
	if given && (v.Kind == pyjson.Int || v.Kind == pyjson.Float) {
		return v.Str(), nil
	}
	text, _, err := r.text(key)
	return text, err
}
