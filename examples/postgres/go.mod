module github.com/airflowsecrets/airflowsecrets/examples/postgres

go 1.26.0

require (
	github.com/airflowsecrets/airflowsecrets v0.0.0
	github.com/airflowsecrets/airflowsecrets/examples/clients v0.0.0-00010101000000-000000000000
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.51.0
	github.com/jackc/pgx/v5 v5.13.0
	github.com/stretchr/testify v1.12.1
)

require (
	filippo.io/edwards25519 v1.2.0 // indirect
	github.com/aws/aws-sdk-go-v2 v1.48.0 // indirect
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.12 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.12 // indirect
	github.com/aws/smithy-go v1.28.9 // indirect
	github.com/go-sql-driver/mysql v1.10.1 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	go.uber.org/goleak v1.3.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/airflowsecrets/airflowsecrets => ../..

replace github.com/airflowsecrets/airflowsecrets/examples/clients => ../clients

replace github.com/airflowsecrets/airflowsecrets/examples/smtp => ../smtp
