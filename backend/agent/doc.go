/*
Package agent reads secrets through the AWS Secrets Manager Agent, or through the
AWS Parameters and Secrets Lambda Extension, instead of calling AWS. All processes
on a host, in a pod or in a function share the cache of the agent. They do not need
AWS credentials.

	client, err := agent.New(agent.Config{})
	if err != nil {
		return err
	}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		return err
	}
	c, err := b.GetConnection(ctx, "postgres_default") // GET http://localhost:2773/secretsmanager/get?secretId=…

A [Client] implements backend.Client. The zero [Config] works if the agent runs with
its defaults and if this process has the same environment variable for the token.

# The token

The agent answers only requests that carry the token with which it was started. The
token is Config.Token, or the content of Config.TokenFile. If neither is set, [New]
uses the first of these environment variables that is not empty, in the same order
as the agent: AWS_TOKEN, AWS_SESSION_TOKEN (which Lambda sets) and
AWS_CONTAINER_AUTHORIZATION_TOKEN. Each holds the token itself or names its file, as
in file:///var/run/awssmatoken.

A file is read when the token is first needed, and again when the agent refuses the
token. So a token that is replaced while the process runs costs one more request, but
no restart.

# What it does

  - It supports GetSecretValue by name or ARN, with a version stage or a version ID.
    The agent has no batches and no lists, so a Client implements neither the
    BatchGetSecretValueAPIClient nor the ListSecretsAPIClient of the SDK.
  - The agent caches answers, for 300 seconds by default. So an answer may be that
    old, even after a rotation. With Config.RefreshNow the agent asks AWS first, which
    costs a call each time. The Client itself keeps only the token.
  - The agent decides on the region, the credentials and the retries. The functional
    options of the SDK are ignored.
  - The Client does not retry a failed request, except once after its token was
    replaced. The Lambda extension answers only while the function is invoked, not
    while it is initialized. If its port was changed, set Config.Endpoint.
  - By default, a request ignores the proxies of the environment and uses a new
    connection. Nothing stays open between lookups, so a Client does not occupy one
    of the connections that the agent allows. To change that, set Config.HTTPClient.
    Redirects are never followed.
  - A response may be 512 KiB long, which is enough for the largest secret with every
    byte escaped.

# Errors

The errors are those of the SDK, so that package backend recognizes them. A
*smithy.OperationError wraps a *smithyhttp.ResponseError with the status of the
response. That wraps the error of AWS: its type in the SDK, or a
*smithy.GenericAPIError.

	an error of AWS, in the JSON that the agent forwards    by its code
	403 Bad Token                                           backend.BadCredentials
	429, too many connections to the agent                  backend.Throttled
	502, 504 and other 5xx                                  backend.ServerFailure
	the connection is refused or cut                        backend.Unreachable
	the token file cannot be read                           backend.BadCredentials
	anything else                                           backend.Failed

Bad Token has the code InvalidTokenException.

# Secrecy

No error holds the token. An error about a failed response holds only its status
and the code and message of AWS.

# Differences from the protocol

AWS documents the request. About the response it says only that it is that of
GetSecretValue. The Client reads all known forms of that response. CreatedDate
may be in RFC 3339, or in seconds since 1970, as a number or a string. Any other
CreatedDate is ignored, since nothing depends on it. The code of an error is
read from __type or Code, with or without a namespace.
*/
package agent
