package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openRedis makes a client, for a cluster if the connection asks for one. It connects when it is
// first used.
func openRedis(c connuri.Connection) (redis.UniversalClient, error) {
	r, err := hook.Redis(c)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := r.TLS.Config(os.ReadFile)
	if err != nil {
		return nil, err
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: r.Addrs(), IsClusterMode: r.Cluster, DB: r.DB, TLSConfig: tlsConfig,
		Username: r.Username, Password: r.Password.Reveal(),
		DialTimeout: r.ConnectTimeout, ReadTimeout: r.Timeout, WriteTimeout: r.Timeout,
	}), nil
}

func showRedis(client redis.UniversalClient) []string {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		options := cluster.Options()
		return []string{
			"cluster   " + strings.Join(options.Addrs, ", "),
			"login     " + shownLogin(options.Username, options.Password),
			"TLS       " + shownTLS(options.TLSConfig),
		}
	}
	options := client.(*redis.Client).Options()
	return []string{
		fmt.Sprintf("server    %s, database %d, %v to connect", options.Addr, options.DB, options.DialTimeout),
		"login     " + shownLogin(options.Username, options.Password),
		"TLS       " + shownTLS(options.TLSConfig),
	}
}
