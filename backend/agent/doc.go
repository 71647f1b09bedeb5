/*
Package agent reads secrets through the AWS Secrets Manager Agent, or through the
AWS Parameters and Secrets Lambda Extension, instead of asking AWS itself: many
processes on one host, in one pod or in one function share one cache, and need no
credentials of their own.

	client, err := agent.New(agent.Config{})
	if err != nil {
		return err
	}
	b, err := backend.New(client, backend.Config{})
	if err != nil {
		return err
	}
	c, err := b.GetConnection(ctx, "postgres_default") // GET http://localhost:2773/secretsmanager/get?secretId=…

A [Client] is a backend.Client. The zero [Config] is right where the agent runs
with its defaults and shares its environment with this process.

# The token

The agent answers only those who send the token that it was started with. It is
Config.Token or what Config.TokenFile holds, else the first of these environment
variables that is not empty when [New] is called, in the agent's own order:
AWS_TOKEN, AWS_SESSION_TOKEN (set by Lambda) and
AWS_CONTAINER_AUTHORIZATION_TOKEN. Each is the token itself, or names its file as
in file:///var/run/awssmatoken.

A file is read when the token is first needed, and again when the agent refuses
the token: one that was replaced while the process ran costs one more request, and
no restart.

# What it does and does not do

  - GetSecretValue by name or ARN, with a version stage or a version id. No batch
    and no list, which the agent does not have: a Client is no
    BatchGetSecretValueAPIClient and no ListSecretsAPIClient of the SDK.
  - The agent caches, for 300 seconds unless it is told otherwise, so an answer may
    be that old, after a rotation too. Config.RefreshNow asks it to look at AWS
    first, which costs a call each time. The Client itself keeps nothing but the
    token.
  - The region, the credentials and the retries are the agent's. The functional
    options of the SDK do not apply and are ignored.
  - A request that fails is not sent again, but for a token that was replaced. The
    Lambda extension answers only once the function is being invoked, not while it
    is being initialized; where its port was changed, Config.Endpoint has to say so.
  - Unless Config.HTTPClient says otherwise, a request goes to the endpoint
    directly, past any proxy of the environment, on a connection of its own: nothing
    stays open between lookups, and no place among the connections that the agent
    allows is held. Redirects are never followed.

# Errors

They are those of the SDK, so that backend tells them apart: a
*smithy.OperationError around the answer's status, as *smithyhttp.ResponseError,
around the error of AWS, as its type in the SDK or as *smithy.GenericAPIError.

	an error of AWS, in the JSON that the agent passes on   by its code
	403 Bad Token                                           backend.BadCredentials
	429, too many connections to the agent                  backend.Throttled
	502, 504 and other 5xx                                  backend.ServerFailure
	nobody listens, the connection is cut                   backend.Unreachable
	the token file cannot be read                           backend.BadCredentials
	anything else                                           backend.Failed

Bad Token is given the code InvalidTokenException. Of an answer that failed, an
error holds the status and AWS's code and message, never another part of its body,
and never the token.

# Where the protocol does not say

AWS documents the request, and of the answer that it is GetSecretValue's. Read are
all forms that are known: CreatedDate as RFC 3339 or as seconds since 1970, the
latter as a number or a string; one that is neither is left out, since nothing
depends on it. The code of an error is read from __type or Code, with or without a
namespace. An answer may be 512 KiB long: the 64 KiB of a secret, each byte
escaped, and its labels.
*/
package agent
