package conntype

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every list in the table is of keys that are in the table, once.
func TestTable(t *testing.T) {
	names := map[string]string{}
	for _, of := range types {
		for _, name := range strings.Fields(of.Hook + " " + of.Names() + " " + of.Wrong) {
			assert.Empty(t, names[name], "%s is the name of two types", name)
			names[name] = of.Hook
		}
		seen := map[string]bool{}
		for _, key := range strings.Fields(of.Keys) {
			assert.False(t, seen[key], "%s: %s is there twice", of.Hook, key)
			seen[key] = true
		}
		lists := of.Telling + " " + of.Prefixed + " " + of.Truth + " " + of.Exact + " " + of.Words + " " + of.Paths
		for _, need := range of.Needs {
			lists += " " + need.Keys + " " + need.One
		}
		for _, key := range strings.Fields(lists) {
			assert.True(t, seen[key], "%s: %s is not one of the keys", of.Hook, key)
		}
		for _, pair := range strings.Fields(of.Meant) {
			wrong, right, ok := strings.Cut(pair, ":")
			assert.True(t, ok, pair)
			assert.Empty(t, of.Key(wrong), "%s: %s is a key, and no mistake", of.Hook, wrong)
			assert.True(t, right == "" || right == "Authorization" || seen[right], "%s: %s is not one of the keys", of.Hook, right)
		}
		assert.True(t, of.Keys != "" || of.Unknown == Unlisted, of.Hook)
		assert.True(t, of.FirstOf == "" || of.OneName != "", of.Hook)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"postgres": "postgres", "postgresql": "postgres", "redshift": "redshift", "mysql": "mysql", "mariadb": "mysql", "aurora": "mysql",
		"redis": "redis", "rediss": "redis", "http": "http", "https": "http", "smtp": "smtp", "email": "smtp", "aws": "aws", "s3": "aws",
		"mongo": "mongo", "snowflake": "snowflake", "ssh": "ssh", "sftp": "ssh", "kafka": "kafka", "mssql": "mssql", "sqlserver": "mssql",
		"google_cloud_platform": "google_cloud_platform", "postgresql+psycopg2": "postgres", "mysql+pymysql": "mysql",
		"": "", "+psycopg2": "", "Postgres": "", "aurora_mysql": "", "spark": "", " ": "",
	} {
		assert.Equal(t, want, Hook(name), name)
	}
	for name, want := range map[string]string{"mongodb": "mongo", "mongodb+srv": "mongo", "pg": "postgres", "gcp": "google_cloud_platform"} {
		if of := Mistaken(name); assert.NotNil(t, of, name) {
			assert.Equal(t, want, of.Hook)
			assert.Equal(t, of, Meant(name))
		}
		assert.Nil(t, Of(name))
	}
	for name, want := range map[string]string{
		"posgres": "postgres", "postgers": "postgres", "postgressql": "postgres", "mysq": "mysql", "snowlake": "snowflake", "smpt": "smtp",
		"kafak": "kafka", "mariadn": "mysql", "google_cloud_platfor": "google_cloud_platform", "bigquery": "google_cloud_platform",
	} {
		if of := Mistaken(name); assert.NotNil(t, of, name) {
			assert.Equal(t, want, of.Hook, name)
		}
	}
	for _, name := range []string{
		"msql", "mango", "gmail", "mysqlx", "trinodb", "reddit", "postgis", "htp", "imaps", "ftps", "m", "vertical", "hive", "hive_metastore", "gcpbigquery",
	} {
		assert.Nil(t, Mistaken(name), "%s may be a type of another provider", name)
	}
	for _, name := range []string{"", "mongo", "mongo+srv", "spark", "oracle"} {
		assert.Nil(t, Mistaken(name), name)
	}
	for engine, want := range map[string]string{
		"mariadb": "mysql", "aurora": "mysql", "aurora_mysql": "mysql", "aurora_postgresql": "postgres", "sqlserver": "mssql", "sqlserver_web": "mssql",
		"oracle_se2": "oracle", "oracle_ee": "oracle",
	} {
		if of := OfEngine(engine); assert.NotNil(t, of, engine) {
			assert.Equal(t, want, of.Hook)
		}
	}
	for _, hook := range []string{"", "postgres", "mysql", "mssql", "oracle"} {
		assert.Nil(t, OfEngine(hook), hook)
	}
}

func TestKeys(t *testing.T) {
	mongo, aws := Of("mongo"), Of("aws")
	assert.Equal(t, "authSource", mongo.Key("authsource"))
	assert.Empty(t, aws.Key("Role_ARN"), "aws tells keys apart by case")

	right, known := aws.MeantFor("Region")
	assert.Equal(t, "region_name", right)
	assert.True(t, known)
	right, known = Of("http").MeantFor("headers")
	assert.Empty(t, right)
	assert.True(t, known)
	_, known = aws.MeantFor("region_name")
	assert.False(t, known)

	assert.True(t, IsExtra("redis", "SSL"), "a key of the type, in any case")
	assert.True(t, IsExtra("", "aws_secret_access_key"), "one that tells of its type")
	assert.True(t, IsExtra("redis", "sslmode"))
	assert.False(t, IsExtra("aws", "ssl"))
	assert.False(t, IsExtra("", "ssl"))

	assert.Equal(t, "schema", Field("DBName"))
	assert.Empty(t, Field("sslmode"))
}

// TestNamesAreTypes: each name leads to a type of the table, and each type has its name.
func TestNamesAreTypes(t *testing.T) {
	all := All()
	for i := range all {
		of := &all[i]
		for _, name := range strings.Fields(of.Hook + " " + of.Names()) {
			assert.Equal(t, of.Hook, Hook(name))
			assert.Equal(t, of.Hook, Of(name).Hook)
		}
	}
}
