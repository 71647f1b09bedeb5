// Command s3 lists a bucket with the connection that Airflow's tasks would use.
//
//	go run -C examples/s3 . BUCKET
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

func main() {
	id := flag.String("conn", "aws_default", "id of the aws connection")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: s3 [-conn ID] BUCKET")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, os.Environ(), *id, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run lists a bucket with a connection out of Secrets Manager, or else of the environment.
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
			fmt.Fprintln(out, *object.Size, *object.Key)
		}
	}
	return nil
}

// newClient is S3 as a connection says: keys, role, region, endpoint, TLS and retries.
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
