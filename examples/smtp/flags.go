package main

import (
	"errors"
	"flag"
	"io"
	"net/mail"
	"net/url"

	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
)

// options are the command line.
type options struct {
	conn, secret string // one of them is used
	endpoint, to string
	env          bool
	command      []string // to run with the login
}

// parse reads the command line. If done is true, the program exits with code.
func parse(args []string, stdout, stderr io.Writer) (o options, code int, done bool) {
	p := cli.New("smtp")
	p.Purpose = "Smtp sends mail with a login from AWS Secrets Manager, or hands the login to another program."
	p.Usage = "[flags] [-exec COMMAND [ARGUMENT...]]"
	p.Examples = []string{
		"smtp -endpoint http://127.0.0.1:4566 -to you@example.com",
		"smtp -endpoint http://127.0.0.1:4566 -exec ./report --daily",
	}
	p.ExitCodes = []string{
		"0: the mail is sent, the login is printed, or the command succeeded",
		"1: the login cannot be read, the mail cannot be sent, or the command cannot be run",
		"2: the command line is wrong",
		"130: interrupted",
		"others: that of the command of -exec",
	}
	p.Flags.StringVar(&o.conn, "conn", "smtp_default", "`ID` of the Airflow connection to log in with")
	p.Flags.StringVar(&o.secret, "secret", "", "whole `NAME` of a secret to log in with, in place of -conn")
	p.Flags.StringVar(&o.endpoint, "endpoint", "",
		"`URL` of a local Secrets Manager, which does not check credentials; "+
			"without it, one starts in memory together with a mail server")
	p.Flags.StringVar(&o.to, "to", "you@example.com", "`ADDRESS` to send to")
	p.Flags.BoolVar(&o.env, "env", false,
		"print the login as export lines for a POSIX shell, and send nothing")
	runs := p.Flags.Bool("exec", false,
		"run the command that follows with the login in its environment, and send nothing")
	if code, done = p.Parse(args, stdout, stderr); done {
		return o, code, true
	}
	o.command = p.Flags.Args()
	if err := o.check(p.Flags, *runs); err != nil {
		return o, p.Wrong(stderr, err.Error()), true
	}
	return o, 0, false
}

func (o options) check(flags *flag.FlagSet, runs bool) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["conn"] && given["secret"]:
		return errors.New("-conn and -secret exclude each other")
	case runs && o.env:
		return errors.New("-env and -exec exclude each other")
	case runs && len(o.command) == 0:
		return errors.New("-exec needs a command after it")
	case !runs && len(o.command) > 0:
		return errors.New(cli.Count(len(o.command), "argument") + " too many; a command to run follows -exec")
	}
	if _, err := mail.ParseAddress(o.to); err != nil {
		return errors.New("-to: want a mail address, such as you@example.com")
	}
	u, err := url.Parse(o.endpoint)
	if given["endpoint"] && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("-endpoint: want a URL, such as http://127.0.0.1:4566")
	}
	return nil
}
