package main

import (
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// options are the command line.
type options struct {
	files               []string
	apply, update, json bool
	kind                export.Kind // "" lets the file tell
	as                  textForm
	out                 string
	format              export.Format
	from                source
	target              target
}

// mode is what may be done to secrets.
type mode struct{ apply, update bool }

func (o options) mode() mode { return mode{o.apply, o.update} }

// parse reads the command line. Unless done, the program goes on.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("migrate")
	p.Purpose = "Migrate creates the secrets that Airflow looks for in AWS Secrets Manager from " +
		"exported connections and variables, or writes an export from the secrets."
	p.Usage = "[flags] FILE... (- is standard input), or migrate -out FILE -kind KIND [flags]"
	p.Examples = []string{
		"migrate connections.json variables.json",
		"migrate -apply -endpoint http://127.0.0.1:4566 .env",
		"migrate -out connections.yaml -kind connections",
	}
	p.ExitCodes = []string{
		"0: all secrets exist, or would be created",
		"1: a connection or variable was refused, or a call failed",
		"2: the command line or the configuration is wrong, or a file cannot be read",
		"130: interrupted; what was created before stays",
	}
	flags := p.Flags
	flags.BoolVar(&o.apply, "apply", false, "create the secrets that are missing; without it "+
		"nothing is changed")
	flags.BoolVar(&o.update, "update", false, "change existing secrets that differ from the "+
		"file; changes nothing without -apply")
	flags.BoolVar(&o.json, "json", false, "print a JSON list instead of the table")
	flags.Func("kind", "`KIND` of what the files hold, or of what -out writes: connections or "+
		"variables (default without -out: recognized from the contents "+
		"of each file)", func(name string) error {
		o.kind = export.Kind(name)
		return oneOf(o.kind, "connections or variables", export.Connections, export.Variables)
	})
	flags.Func("as", "`FORM` of the secrets of connections, json or uri (default: the form that each "+
		"connection has in its file)", func(name string) error {
		o.as = textForm(name)
		return oneOf(o.as, "json or uri", asJSON, asURI)
	})
	flags.StringVar(&o.out, "out", "", "write the secrets of -kind to `FILE` as Airflow exports "+
		"them; - is standard output")
	flags.Func("format", "`FORMAT` of -out: json, yaml or env (default: the one that FILE ends in, or "+
		"json for -)", func(name string) error {
		o.format = export.Format(name)
		return oneOf(o.format, "json, yaml or env", export.JSON, export.YAML, export.Env)
	})
	flags.StringVar(&o.from.kwargs, "kwargs", "", "backend_kwargs as `JSON, FILE or -` "+
		"(standard input); default: Airflow's configuration on this machine")
	flags.Func("connections-prefix", "`PREFIX` of connections' secrets; with \"\", their "+
		"names are the ids alone", o.from.prefix(&o.from.connections))
	flags.Func("variables-prefix", "`PREFIX` of variables' secrets; with \"\", their "+
		"names are the keys alone", o.from.prefix(&o.from.variables))
	flags.StringVar(&o.target.endpoint, "endpoint", "", "`URL` of a local Secrets Manager, which "+
		"is called with made-up credentials")
	flags.BoolVar(&o.target.demo, "demo", false, "use a Secrets Manager in memory")
	flags.BoolVar(&o.target.offline, "offline", false, "make no call, so it does not check "+
		"whether a secret exists")
	flags.StringVar(&o.target.kmsKey, "kms-key-id", "", "KMS `KEY` to encrypt new secrets with "+
		"(default: the account's own key, aws/secretsmanager)")
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	o.files = flags.Args()
	if err := o.check(); err != nil {
		return o, p.Wrong(stderr, err.Error()), true
	}
	return o, 0, false
}

func oneOf[T comparable](given T, want string, values ...T) error {
	for _, value := range values {
		if given == value {
			return nil
		}
	}
	return errors.New("want " + want)
}

// check finds flags that do not go together, and sets the format of -out.
func (o *options) check() error {
	switch {
	case o.target.demo && o.target.endpoint != "":
		return errors.New("-demo brings its own endpoint; remove -endpoint")
	case o.target.endpoint != "" && !isEndpoint(o.target.endpoint):
		return errors.New("-endpoint: want a URL, such as http://127.0.0.1:4566")
	case o.out != "":
		return o.checkOut()
	case o.format != "":
		return errors.New("-format has an effect only with -out; add -out FILE")
	case len(o.files) == 0:
		return errors.New("which files? give what airflow connections export and airflow " +
			"variables export wrote")
	case o.from.kwargs == "-" && slices.Contains(o.files, "-"):
		return errors.New("-kwargs and FILE: only one of them can be standard input")
	case o.apply && o.target.offline:
		return errors.New("-apply cannot be -offline")
	case o.update && o.target.offline:
		return errors.New("-update cannot be -offline")
	}
	return nil
}

func (o *options) checkOut() error {
	switch {
	case len(o.files) > 0:
		return errors.New("-out writes what the secrets hold and reads no files; remove them")
	case o.apply || o.update:
		return errors.New("-out changes no secret; remove -apply and -update")
	case o.json || o.as != asExported || o.target.offline || o.target.kmsKey != "":
		return errors.New("-json, -as, -offline and -kms-key-id do not go with -out; -format " +
			"chooses its format")
	case o.kind == "":
		return errors.New("-out: say what to write with -kind connections or -kind variables")
	case o.format != "":
		return nil
	}
	switch strings.ToLower(filepath.Ext(o.out)) {
	case ".json":
		o.format = export.JSON
	case ".yaml", ".yml":
		o.format = export.YAML
	case ".env":
		o.format = export.Env
	default:
		if o.out != "-" {
			return errors.New("-out: the name ends in none of .json, .yaml and .env; say the " +
				"format with -format")
		}
		o.format = export.JSON
	}
	return nil
}

// isEndpoint reports whether text is the URL of a server and nothing more.
func isEndpoint(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}
