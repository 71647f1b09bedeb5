package hook_test

import (
	"fmt"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// noFiles is a readFile for connections that name no files.
func noFiles(string) ([]byte, error) { return nil, fmt.Errorf("no file is expected") }

func ExampleAWSConfig_S3PathStyle() {
	minio, err := hook.AWS(connuri.Connection{Type: "aws", Extra: connuri.RawExtra(`{"endpoint_url": "http://minio:9000"}`)})
	fmt.Println(minio.S3PathStyle(), err)
	fmt.Println(hook.AWSConfig{}.S3PathStyle(), hook.AWSConfig{}.S3PathStyleAt("http://minio:9000"))
	// Output:
	// true <nil>
	// false true
}

func ExampleGoogleCloudConfig_CredentialsJSON() {
	config, err := hook.GoogleCloud(connuri.Connection{Type: "google_cloud_platform", Extra: connuri.RawExtra(
		`{"key_path": "/keys/app.json"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	key := `{"type": "service_account", "client_email": "app@a.iam.gserviceaccount.com", "private_key": "PEM",
		"token_uri": "https://oauth2.googleapis.com/token"}`
	kind, credentials, err := config.CredentialsJSON(func(path string) ([]byte, error) {
		fmt.Println("reads", path)
		return []byte(key), nil
	})
	fmt.Println(kind, credentials, err)
	// Output:
	// reads /keys/app.json
	// service_account [redacted] <nil>
}

func ExampleHTTPConfig_Client() {
	config, err := hook.HTTP(connuri.Connection{Type: "http", Host: "https://api.example.com", Extra: connuri.RawExtra(`{"timeout": 5}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := config.Client(noFiles)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.BaseURL, config.Timeout, client.Jar == nil)
	// Output:
	// https://api.example.com 5s true
}

func ExampleKafkaConfig_TLSConfig() {
	config, err := hook.Kafka(connuri.Connection{Type: "kafka", Extra: connuri.RawExtra(
		`{"bootstrap.servers": "k1.example.com:9093", "security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "none"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	settings, err := config.TLSConfig(noFiles)
	fmt.Println(config.TLS.Mode, settings != nil, err)
	// Output:
	// verify-ca true <nil>
}

func ExampleMSSQLConfig_Server() {
	for _, host := range []string{`db.example.com\REPORTS`, "db.example.com:1444", "."} {
		config, err := hook.MSSQL(connuri.Connection{Type: "mssql", Host: host})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(config.Server())
	}
	// Output:
	// db.example.com REPORTS 0
	// db.example.com  1444
	// localhost  1433
}

func ExampleMongoConfig_URI() {
	config, err := hook.Mongo(connuri.Connection{
		Type: "mongo", Host: "db.example.com", Login: "app", Password: connuri.NewSecret("s3cret"), Schema: "orders",
		Extra: connuri.RawExtra(`{"replicaSet": "rs0"}`),
	})
	fmt.Println(config.URI(), err)
	// Output:
	// mongodb://app@db.example.com:27017/orders?connectTimeoutMS=20000&replicaSet=rs0 <nil>
}

func ExampleMySQLConfig_Addr() {
	config, err := hook.MySQL(connuri.Connection{Type: "mysql", Host: "localhost", Extra: connuri.RawExtra(`{"unix_socket": "/run/mysqld.sock"}`)})
	fmt.Println(config.Network(), config.Addr(), err)
	// Output:
	// unix /run/mysqld.sock <nil>
}

func ExampleRedisConfig_Addrs() {
	config, err := hook.Redis(connuri.Connection{Type: "redis", Host: "r1", Port: 6379, Extra: connuri.RawExtra(`{"cluster": true, "startup_nodes": "r2:6379,r3:6379"}`)})
	fmt.Println(config.Addrs(), err)
	// Output:
	// [r2:6379 r3:6379 r1:6379] <nil>
}

func ExampleSMTPConfig_Addr() {
	config, err := hook.SMTP(connuri.Connection{Type: "smtp", Host: "mail.example.com", Extra: connuri.RawExtra(`{"disable_ssl": true}`)})
	fmt.Println(config.Mode, config.Addr(), err)
	// Output:
	// starttls mail.example.com:25 <nil>
}

func ExampleSSHConfig_Key() {
	config, err := hook.SSH(connuri.Connection{Type: "ssh", Host: "h", Extra: connuri.RawExtra(`{"key_file": "/keys/id_rsa"}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	key, passphrase, err := config.Key(func(path string) ([]byte, error) {
		fmt.Println("reads", path)
		return []byte("-----BEGIN OPENSSH PRIVATE KEY-----"), nil
	})
	fmt.Println(len(key) > 0, len(passphrase), err)
	// Output:
	// reads /keys/id_rsa
	// true 0 <nil>
}

func ExampleSnowflakeConfig_DSN() {
	config, err := hook.Snowflake(connuri.Connection{
		Type: "snowflake", Login: "app", Password: connuri.NewSecret("s3cret"), Schema: "public",
		Extra: connuri.RawExtra(`{"account": "acme-prod", "database": "sales"}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dsn, err := config.DSN(noFiles)
	fmt.Println(dsn, err) // sql.Open("snowflake", dsn.Reveal())
	// Output:
	// [redacted] <nil>
}

func ExampleXOAUTH2Request_TokenURL() {
	config, err := hook.SMTP(connuri.Connection{
		Type: "smtp", Host: "smtp.office365.com", Login: "app@example.com",
		Extra: connuri.RawExtra(`{"disable_ssl": true, "auth_type": "oauth2", "client_id": "c", "client_secret": "s", "tenant_id": "t"}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(config.XOAUTH2.TokenURL())
	// Output:
	// https://login.microsoftonline.com/t/oauth2/v2.0/token
}
