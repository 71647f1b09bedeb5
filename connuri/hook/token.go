package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// TokenRequest is a hook's request to AWS for a password that is valid for minutes: the extra iam
// of Postgres and MySQL. This package makes no request itself. Make it, and set the answer as the
// password; for Redshift, also set the database user in the answer as the user.
type TokenRequest struct {
	AWSConnID string // extra aws_conn_id: the aws connection to ask with; "": the environment's own credentials
	Service   string // of AWS: rds, redshift or redshift-serverless
	Call      string // as boto3 names it, such as generate_db_auth_token
	Host      string // rds: the server
	Port      int    // rds: its port
	User      string // rds and redshift: login
	Database  string // redshift: schema
	Cluster   string // redshift: extra cluster-identifier, or the first label of the host
	Workgroup string // redshift-serverless: extra workgroup-name, or the first label of the host
}

// token reads the request of the extra iam of a database. port is the database's default. Only the
// Postgres hook knows Redshift.
func (r *reader) token(defaultPort int) (*TokenRequest, error) {
	t := &TokenRequest{AWSConnID: "aws_default", User: r.c.Login, Database: r.c.Schema, Port: r.c.Port}
	if v, ok := r.extra["aws_conn_id"]; ok {
		t.AWSConnID = ""
		if v.Kind == pyjson.String {
			t.AWSConnID, _ = v.Text()
		} else if v.Kind != pyjson.Null {
			return nil, r.bad("extra", "aws_conn_id", "it is not text", "write the id of an aws connection")
		}
	}
	var err error
	switch {
	case r.hook == "postgres" && r.truth("redshift"):
		t.Service, t.Call = "redshift", "get_cluster_credentials"
		t.Cluster, err = r.orFirstLabel("cluster-identifier")
		defaultPort = 5439
	case r.hook == "postgres" && r.truth("redshift-serverless"):
		t.Service, t.Call = "redshift-serverless", "get_credentials"
		t.Workgroup, err = r.orFirstLabel("workgroup-name")
		defaultPort = 5439
	default:
		t.Service, t.Call, t.Host = "rds", "generate_db_auth_token", r.c.Host
	}
	if t.Port == 0 {
		t.Port = defaultPort
	}
	return t, err
}

// orFirstLabel returns a key of the extra if it is present ("" too), otherwise the host up to its
// first dot.
func (r *reader) orFirstLabel(key string) (string, error) {
	text, given, err := r.text(key)
	if given || err != nil {
		return text, err
	}
	if r.c.Host == "" {
		return "", r.bad("extra", key, "it is missing, and so is the host to take it from", "write "+key)
	}
	text, _, _ = strings.Cut(r.c.Host, ".")
	return text, nil
}
