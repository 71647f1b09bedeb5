/*
S3 lists a bucket with the connection that Airflow's tasks would use.

	go run -C examples/s3 . [-conn ID] BUCKET

It reads Airflow's configuration from the environment and airflow.cfg, as a worker
does, and looks the connection up in Secrets Manager, then in the environment.
*/
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

func main() {
	cli.ExitOnInterrupt()
	os.Exit(command(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// command reads the command line, lists the bucket, and returns the exit code.
func command(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	p := cli.New("s3")
	p.Purpose = "S3 lists a bucket with the connection that Airflow's tasks would use."
	p.Usage = "[-conn ID] BUCKET"
	p.Examples = []string{"go run -C examples/s3 . my-bucket", "go run -C examples/s3 . -conn aws_reports my-bucket"}
	p.ExitCodes = []string{
		"0: the bucket is listed, each object with its size in bytes",
		"1: the connection cannot be read or the bucket cannot be listed",
		"2: the command line is wrong",
		"130: interrupted",
	}
	id := p.Flags.String("conn", "aws_default", "`ID` of the aws connection")
	if code, done := p.Parse(args, stdout, stderr); done {
		return code
	}
	if n := p.Flags.NArg(); n != 1 {
		return p.Wrong(stderr, cli.Count(n, "argument")+", want one: the name of a bucket")
	}
	if err := run(ctx, stdout, environ, *id, p.Flags.Arg(0)); err != nil {
		fmt.Fprintln(stderr, cli.Fit("s3: "+err.Error(), cli.Width(stderr), "  "))
		return cli.Failed
	}
	return 0
}

// run lists a bucket with a connection from Secrets Manager, or from the environment if Secrets
// Manager has none.
func run(ctx context.Context, out io.Writer, environ []string, id, bucket string) error {
	settings, err := setup.Load(environ, setup.Worker)
	if err != nil {
		return err
	}
	chain, err := settings.OpenChain(ctx)
	if err != nil {
		return err
	}
	c, err := chain.GetConnection(ctx, id)
	if err != nil {
		return err
	}
	client, err := newClient(ctx, c)
	if err != nil {
		return err
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			line := fmt.Sprint(aws.ToInt64(object.Size), " ", term.Printable(aws.ToString(object.Key)))
			if term.IsTerminal(out) {
				line = cli.Shorten(line, cli.Width(out))
			}
			if _, err := fmt.Fprintln(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// newClient returns an S3 client with the settings of a connection: keys, role, region, endpoint,
// TLS and retries.
func newClient(ctx context.Context, c connuri.Connection, opts ...func(*config.LoadOptions) error) (*s3.Client, error) {
	a, err := hook.AWS(c)
	if err != nil {
		return nil, err
	}
	cfg, err := setup.LoadAWS(ctx, a, opts...)
	if err != nil {
		return nil, err
	}
	return s3.NewFromConfig(cfg), nil
}
