package secretsmanagertest

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
)

// Map is a client without a network: names to texts. Its errors are of the SDK's
// types. It knows GetSecretValue by exact name only, one version of each secret,
// labelled AWSCURRENT. It may be asked from several goroutines as long as nobody
// writes to it, as with any map.
//
// It is for tests under testing/synctest, where a clock stands still while
// anything waits on the network; [Server] is the better double everywhere else.
type Map map[string]string

// GetSecretValue looks the name up. It obeys ctx and ignores optFns.
func (m Map) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	out, err := m.get(ctx, in)
	if err != nil { // wrapped as a real client does
		return nil, &smithy.OperationError{ServiceID: secretsmanager.ServiceID, OperationName: "GetSecretValue", Err: err}
	}
	return out, nil
}

func (m Map) get(ctx context.Context, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	if in == nil || in.SecretId == nil {
		invalid := smithy.InvalidParamsError{Context: "GetSecretValueInput"}
		invalid.Add(smithy.NewErrParamRequired("SecretId"))
		return nil, invalid
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name := *in.SecretId
	text, ok := m[name]
	if !ok {
		return nil, &types.ResourceNotFoundException{Message: aws.String(errNotFound.message)}
	}
	version := mapVersion(name, text)
	switch {
	case in.VersionId != nil && *in.VersionId != version:
		return nil, notFoundMapped("VersionId", *in.VersionId)
	case in.VersionStage != nil && *in.VersionStage != stageCurrent:
		return nil, notFoundMapped("staging label", *in.VersionStage)
	}
	return &secretsmanager.GetSecretValueOutput{
		ARN:           aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf"),
		Name:          aws.String(name),
		SecretString:  aws.String(text),
		VersionId:     aws.String(version),
		VersionStages: []string{stageCurrent},
		CreatedDate:   aws.Time(time.Date(2018, 4, 4, 0, 0, 0, 0, time.UTC)),
	}, nil
}

func notFoundMapped(by, which string) error {
	return &types.ResourceNotFoundException{Message: aws.String(notFoundValue(by, which).message)}
}

var mapSeed = maphash.MakeSeed()

// mapVersion is a version ID that changes when the text does. The seed is of this
// process, so nothing about the text can be told from it.
func mapVersion(name, text string) string {
	a, b := maphash.String(mapSeed, name), maphash.String(mapSeed, name+"\x00"+text)
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}
